;; Generalised-kt clustering of a long list: plain.wat with windows in rapidity.
;;
;; Slots are in the order of rapidity buckets, so the pairs within R of a slot lie in a window around it;
;; pairs further apart are never the closest, because the beam distance of the one with the smaller pt^2p is
;; less. key[i] is the lower edge of the bucket that slot i was sorted into. A merged jet stays in the slot of
;; the harder of the two, and $drift bounds how far jets have moved out of their buckets. When a quarter of
;; the slots is empty everything is sorted again.
;;
;; Bounds of blocks of 32 slots stand above the bounds of slots, and like those they may be too low, never too
;; high.
(module
  (import "nodes" "memory" (memory 1))
  (import "nodes" "place" (func $place (param i32 i32 f64)))
  (import "nodes" "clear" (func $clear (param i32)))
  (import "nodes" "merge" (func $merge (param i32 i32 i32 i32)))
  (import "nodes" "pt" (func $pt (param i32) (result f64)))
  (import "nodes" "dij" (global $dij (mut i32))) (import "nodes" "parents" (global $parents (mut i32)))
  (import "nodes" "rap" (global $rap (mut i32))) (import "nodes" "phi" (global $phi (mut i32)))
  (import "nodes" "mom" (global $mom (mut i32))) (import "nodes" "best" (global $best (mut i32)))
  (import "nodes" "id" (global $id (mut i32)))

  ;; Byte addresses of the keys, the bounds of blocks, the bucket counts and a spare copy of rap, phi, mom and
  ;; id.
  (global $key (mut i32) (i32.const 0)) (global $block (mut i32) (i32.const 0))
  (global $count (mut i32) (i32.const 0)) (global $spare (mut i32) (i32.const 0))
  ;; Bytes from one slot array to the next: they follow each other as rap, phi, mom, best.
  (global $stride (mut i32) (i32.const 0))
  (global $radius (mut f64) (f64.const 0)) (global $r2 (mut f64) (f64.const 0))
  (global $drift (mut f64) (f64.const 0))
  (global $nn (mut i32) (i32.const -1))

  ;; The bucket of a rapidity: 400 of width 0.05 from -10 to 10; the outermost take all that is beyond.
  (func $bucket (param $r f64) (result i32)
    (i32.trunc_sat_f64_s (f64.max (f64.const 0) (f64.min (f64.const 399)
      (f64.mul (f64.add (local.get $r) (f64.const 10)) (f64.const 20))))))

  ;; Sorts the slots in use of $size by bucket; gives their number.
  (func $sort (param $size i32) (result i32)
    (local $i i32) (local $at i32) (local $to i32) (local $sum i32) (local $n i32) (local $b i32)
    (memory.fill (global.get $count) (i32.const 0) (i32.const 1608))
    (block $counted (loop $next
      (br_if $counted (i32.ge_u (local.get $i) (local.get $size)))
      (local.set $at (i32.add (global.get $rap) (i32.shl (local.get $i) (i32.const 3))))
      (if (f64.ne (f64.load (local.get $at)) (f64.const -1e160)) (then
        (local.set $b (i32.add (global.get $count) (i32.shl (call $bucket (f64.load (local.get $at))) (i32.const 2))))
        (i32.store offset=4 (local.get $b) (i32.add (i32.load offset=4 (local.get $b)) (i32.const 1)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    ;; count[b] becomes the first slot of bucket b.
    (local.set $i (i32.const 0))
    (loop $next
      (local.set $at (i32.add (global.get $count) (i32.shl (local.get $i) (i32.const 2))))
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
      (i32.store (local.get $at) (local.get $sum))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.le_u (local.get $i) (i32.const 400))))
    (local.set $n (local.get $sum))
    (local.set $i (i32.const 0))
    (block $moved (loop $next
      (br_if $moved (i32.ge_u (local.get $i) (local.get $size)))
      (local.set $at (i32.add (global.get $rap) (i32.shl (local.get $i) (i32.const 3))))
      (if (f64.ne (f64.load (local.get $at)) (f64.const -1e160)) (then
        (local.set $sum (call $bucket (f64.load (local.get $at))))
        (local.set $b (i32.add (global.get $count) (i32.shl (local.get $sum) (i32.const 2))))
        (local.set $to (i32.load (local.get $b)))
        (i32.store (local.get $b) (i32.add (local.get $to) (i32.const 1)))
        (f64.store (i32.add (global.get $key) (i32.shl (local.get $to) (i32.const 3)))
          (select
            (f64.add (f64.mul (f64.convert_i32_u (local.get $sum)) (f64.const 0.05)) (f64.const -10))
            (f64.const -inf)
            (local.get $sum)))
        (i32.store
          (i32.add (i32.add (global.get $spare) (i32.mul (global.get $stride) (i32.const 3)))
            (i32.shl (local.get $to) (i32.const 2)))
          (i32.load (i32.add (global.get $id) (i32.shl (local.get $i) (i32.const 2)))))
        (local.set $to (i32.add (global.get $spare) (i32.shl (local.get $to) (i32.const 3))))
        (f64.store (local.get $to) (f64.load (local.get $at)))
        (local.set $to (i32.add (local.get $to) (global.get $stride)))
        (local.set $at (i32.add (local.get $at) (global.get $stride)))
        (f64.store (local.get $to) (f64.load (local.get $at)))
        (f64.store (i32.add (local.get $to) (global.get $stride))
          (f64.load (i32.add (local.get $at) (global.get $stride))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (memory.copy (global.get $rap) (global.get $spare) (i32.mul (global.get $stride) (i32.const 3)))
    (memory.copy (global.get $id) (i32.add (global.get $spare) (i32.mul (global.get $stride) (i32.const 3)))
      (i32.shl (local.get $n) (i32.const 2)))
    (call $clear (local.get $n))
    (f64.store (i32.add (global.get $key) (i32.shl (local.get $n) (i32.const 3))) (f64.const inf))
    (global.set $drift (f64.const 0))
    (call $bounds (local.get $n))
    (local.get $n))

  ;; Computes all bounds anew.
  (func $bounds (param $size i32)
    (local $i i32) (local $at i32) (local $d f64)
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $size)))
      (local.set $at (i32.add (global.get $block) (i32.shl (i32.shr_u (local.get $i) (i32.const 5)) (i32.const 3))))
      (local.set $d (call $row (local.get $i) (local.get $size)))
      (f64.store (i32.add (global.get $best) (i32.shl (local.get $i) (i32.const 3))) (local.get $d))
      (f64.store (local.get $at) (select (local.get $d)
        (f64.min (local.get $d) (f64.load (local.get $at)))
        (i32.eqz (i32.and (local.get $i) (i32.const 31)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next))))

  ;; The smallest distance of $i to a slot behind it in its window, or to the beam; the partner goes to $nn.
  (func $row (param $i i32) (param $size i32) (result f64)
    (local $at i32) (local $end i32) (local $toPhi i32) (local $toMom i32) (local $toKey i32) (local $far f64)
    (local $r v128) (local $f v128) (local $m v128) (local $dr v128) (local $df v128)
    (local $least v128) (local $who v128) (local $j v128) (local $a f64) (local $b f64)
    (local.set $at (i32.add (global.get $rap) (i32.shl (local.get $i) (i32.const 3))))
    (local.set $end (i32.add (global.get $rap) (i32.shl (local.get $size) (i32.const 3))))
    (local.set $toPhi (global.get $stride)) (local.set $toMom (i32.shl (global.get $stride) (i32.const 1)))
    (local.set $toKey (i32.sub (global.get $key) (global.get $rap)))
    (local.set $far (f64.add (f64.load (local.get $at)) (f64.add (global.get $radius) (global.get $drift))))
    (local.set $r (v128.load64_splat (local.get $at)))
    (local.set $f (v128.load64_splat (i32.add (local.get $at) (local.get $toPhi))))
    (local.set $m (v128.load64_splat (i32.add (local.get $at) (local.get $toMom))))
    (local.set $least (f64x2.mul (local.get $m) (f64x2.splat (global.get $r2))))
    (local.set $who (v128.const i64x2 -1 -1))
    (local.set $j (i64x2.add (i64x2.splat (i64.extend_i32_u (local.get $i))) (v128.const i64x2 1 2)))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (br_if $done (f64.gt (f64.load (i32.add (local.get $at) (local.get $toKey))) (local.get $far)))
      (local.set $dr (f64x2.sub (v128.load (local.get $at)) (local.get $r)))
      (local.set $df (f64x2.abs (f64x2.sub (v128.load (i32.add (local.get $at) (local.get $toPhi))) (local.get $f))))
      (local.set $df (f64x2.pmin (local.get $df)
        (f64x2.sub (v128.const f64x2 6.283185307179586 6.283185307179586) (local.get $df))))
      (local.set $dr (f64x2.mul
        (f64x2.add (f64x2.mul (local.get $dr) (local.get $dr)) (f64x2.mul (local.get $df) (local.get $df)))
        (f64x2.pmin (local.get $m) (v128.load (i32.add (local.get $at) (local.get $toMom))))))
      (local.set $who (v128.bitselect (local.get $j) (local.get $who) (f64x2.lt (local.get $dr) (local.get $least))))
      (local.set $least (f64x2.pmin (local.get $least) (local.get $dr)))
      (local.set $j (i64x2.add (local.get $j) (v128.const i64x2 2 2)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $next)))
    (local.set $a (f64x2.extract_lane 0 (local.get $least)))
    (local.set $b (f64x2.extract_lane 1 (local.get $least)))
    (global.set $nn (select
      (i32.wrap_i64 (i64x2.extract_lane 1 (local.get $who)))
      (i32.wrap_i64 (i64x2.extract_lane 0 (local.get $who)))
      (f64.lt (local.get $b) (local.get $a))))
    (select (local.get $b) (local.get $a) (f64.lt (local.get $b) (local.get $a))))

  ;; Lowers the bounds of the slots before $k in its window, and of their blocks. A vector at slot 0 may reach
  ;; one entry before the arrays: that is the unused last entry of the array before, or for rap a number that
  ;; only makes a bound too low.
  (func $lower (param $k i32)
    (local $at i32) (local $toPhi i32) (local $toMom i32) (local $toBest i32) (local $toKey i32)
    (local $near f64) (local $k64 f64) (local $b i32) (local $last i32) (local $min f64)
    (local $r v128) (local $f v128) (local $m v128) (local $dr v128) (local $df v128) (local $least v128)
    (local.set $at (i32.add (global.get $rap) (i32.shl (local.get $k) (i32.const 3))))
    (local.set $toPhi (global.get $stride)) (local.set $toMom (i32.shl (global.get $stride) (i32.const 1)))
    (local.set $toBest (i32.mul (global.get $stride) (i32.const 3)))
    (local.set $toKey (i32.sub (global.get $key) (global.get $rap)))
    (local.set $near (f64.sub (f64.sub (f64.load (local.get $at)) (f64.const 0.05))
      (f64.add (global.get $radius) (global.get $drift))))
    (local.set $r (v128.load64_splat (local.get $at)))
    (local.set $f (v128.load64_splat (i32.add (local.get $at) (local.get $toPhi))))
    (local.set $m (v128.load64_splat (i32.add (local.get $at) (local.get $toMom))))
    (local.set $least (v128.const f64x2 inf inf))
    (block $done (loop $next
      (br_if $done (i32.le_u (local.get $at) (global.get $rap)))
      ;; The upper slot of the vector decides; the last bucket has no upper edge.
      (local.set $k64 (f64.load (i32.sub (i32.add (local.get $at) (local.get $toKey)) (i32.const 8))))
      (br_if $done (i32.and
        (f64.lt (f64.max (local.get $k64) (f64.const -10)) (local.get $near))
        (f64.lt (local.get $k64) (f64.const 9.94))))
      (local.set $at (i32.sub (local.get $at) (i32.const 16)))
      (local.set $dr (f64x2.sub (v128.load (local.get $at)) (local.get $r)))
      (local.set $df (f64x2.abs (f64x2.sub (v128.load (i32.add (local.get $at) (local.get $toPhi))) (local.get $f))))
      (local.set $df (f64x2.pmin (local.get $df)
        (f64x2.sub (v128.const f64x2 6.283185307179586 6.283185307179586) (local.get $df))))
      (local.set $dr (f64x2.mul
        (f64x2.add (f64x2.mul (local.get $dr) (local.get $dr)) (f64x2.mul (local.get $df) (local.get $df)))
        (f64x2.pmin (local.get $m) (v128.load (i32.add (local.get $at) (local.get $toMom))))))
      (local.set $least (f64x2.pmin (local.get $least) (local.get $dr)))
      (v128.store (i32.add (local.get $at) (local.get $toBest))
        (f64x2.pmin (v128.load (i32.add (local.get $at) (local.get $toBest))) (local.get $dr)))
      (br $next)))
    (local.set $min (f64.min
      (f64x2.extract_lane 0 (local.get $least)) (f64x2.extract_lane 1 (local.get $least))))
    ;; Every block touched gets the smallest of the new distances.
    (local.set $b (i32.shr_s (i32.sub (local.get $at) (global.get $rap)) (i32.const 3)))
    (local.set $b (i32.shr_u (select (local.get $b) (i32.const 0) (i32.gt_s (local.get $b) (i32.const 0))) (i32.const 5)))
    (local.set $last (i32.shr_u (local.get $k) (i32.const 5)))
    (loop $next
      (call $lowerBlock (local.get $b) (local.get $min))
      (local.set $b (i32.add (local.get $b) (i32.const 1)))
      (br_if $next (i32.le_u (local.get $b) (local.get $last)))))

  (func $lowerBlock (param $b i32) (param $d f64)
    (local.set $b (i32.add (global.get $block) (i32.shl (local.get $b) (i32.const 3))))
    (f64.store (local.get $b) (f64.min (f64.load (local.get $b)) (local.get $d))))

  ;; The place of the smallest of $n doubles at $at.
  (func $least (param $at i32) (param $n i32) (result i32)
    (local $i i32) (local $who i32) (local $d f64) (local $min f64)
    (local.set $min (f64.const inf))
    (loop $next
      (local.set $d (f64.load (i32.add (local.get $at) (i32.shl (local.get $i) (i32.const 3)))))
      (local.set $who (select (local.get $i) (local.get $who) (f64.lt (local.get $d) (local.get $min))))
      (local.set $min (select (local.get $d) (local.get $min) (f64.lt (local.get $d) (local.get $min))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $who))

  ;; The slot with the smallest distance; its partner is in $nn and the distance in best.
  (func $closest (param $size i32) (result i32)
    (local $b i32) (local $i i32) (local $n i32) (local $at i32) (local $d f64)
    (loop $again
      (local.set $b (call $least (global.get $block)
        (i32.shr_u (i32.add (local.get $size) (i32.const 31)) (i32.const 5))))
      (local.set $i (i32.shl (local.get $b) (i32.const 5)))
      (local.set $n (i32.sub (local.get $size) (local.get $i)))
      (local.set $at (i32.add (global.get $best) (i32.shl (local.get $i) (i32.const 3))))
      (local.set $i (i32.add (local.get $i) (call $least (local.get $at)
        (select (local.get $n) (i32.const 32) (i32.lt_u (local.get $n) (i32.const 32))))))
      (local.set $at (i32.add (global.get $best) (i32.shl (local.get $i) (i32.const 3))))
      (local.set $b (i32.add (global.get $block) (i32.shl (local.get $b) (i32.const 3))))
      (if (f64.gt (f64.load (local.get $at)) (f64.load (local.get $b))) (then
        (f64.store (local.get $b) (f64.load (local.get $at)))
        (br $again)))
      (local.set $d (call $row (local.get $i) (local.get $size)))
      (if (f64.gt (local.get $d) (f64.load (local.get $at))) (then
        (f64.store (local.get $at) (local.get $d))
        (br $again))))
    (local.get $i))

  ;; Widens $drift to what slot $i needs.
  (func $follow (param $i i32)
    (local $r f64) (local $edge f64)
    (local.set $r (f64.load (i32.add (global.get $rap) (i32.shl (local.get $i) (i32.const 3)))))
    (local.set $edge (f64.load (i32.add (global.get $key) (i32.shl (local.get $i) (i32.const 3)))))
    (global.set $drift (f64.max (global.get $drift) (f64.sub (local.get $edge) (local.get $r))))
    (if (f64.lt (local.get $edge) (f64.const 9.94)) (then
      (global.set $drift (f64.max (global.get $drift)
        (f64.sub (local.get $r) (f64.add (f64.max (local.get $edge) (f64.const -10)) (f64.const 0.05))))))))

  ;; As in plain.wat, adding four-momenta.
  (func (export "cluster") (param $n i32) (param $p f64) (param $radius f64)
    (local $i i32) (local $j i32) (local $s i32) (local $size i32) (local $active i32)
    (local $a i32) (local $b i32) (local $at i32) (local $out i32)
    (global.set $stride (i32.sub (global.get $phi) (global.get $rap)))
    (global.set $key (i32.add (global.get $id) (global.get $stride)))
    (global.set $block (i32.add (global.get $key) (global.get $stride)))
    (global.set $spare (i32.add (global.get $block) (global.get $stride)))
    (global.set $count (i32.add (global.get $spare) (i32.mul (global.get $stride) (i32.const 4))))
    (global.set $radius (local.get $radius))
    (global.set $r2 (f64.mul (local.get $radius) (local.get $radius)))
    (block $placed (loop $next
      (br_if $placed (i32.ge_u (local.get $i) (local.get $n)))
      (call $place (local.get $i) (local.get $i) (local.get $p))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (local.set $active (local.get $n))
    (local.set $size (call $sort (local.get $n)))
    (block $done (loop $step
      (br_if $done (i32.ge_u (local.get $s) (local.get $n)))
      (local.set $i (call $closest (local.get $size)))
      (local.set $j (global.get $nn))
      (local.set $a (i32.load (i32.add (global.get $id) (i32.shl (local.get $i) (i32.const 2)))))
      (local.set $out (i32.shl (local.get $s) (i32.const 3)))
      (local.set $at (i32.add (global.get $best) (i32.shl (local.get $i) (i32.const 3))))
      (f64.store (i32.add (global.get $dij) (local.get $out)) (f64.div (f64.load (local.get $at)) (global.get $r2)))
      (local.set $out (i32.add (global.get $parents) (local.get $out)))
      (if (i32.lt_s (local.get $j) (i32.const 0))
        (then
          (i32.store (local.get $out) (local.get $a))
          (i32.store offset=4 (local.get $out) (i32.const -1))
          (call $clear (local.get $i)))
        (else
          (local.set $b (i32.load (i32.add (global.get $id) (i32.shl (local.get $j) (i32.const 2)))))
          (i32.store (local.get $out) (select (local.get $a) (local.get $b) (i32.lt_s (local.get $a) (local.get $b))))
          (i32.store offset=4 (local.get $out)
            (select (local.get $b) (local.get $a) (i32.lt_s (local.get $a) (local.get $b))))
          (local.set $at (i32.add (local.get $n) (local.get $s)))
          (call $merge (local.get $a) (local.get $b) (local.get $at) (i32.const 0))
          ;; The jet stays where the harder one was.
          (if (f64.gt (call $pt (i32.shl (local.get $b) (i32.const 3))) (call $pt (i32.shl (local.get $a) (i32.const 3))))
            (then
              (local.set $b (local.get $i))
              (local.set $i (local.get $j))
              (local.set $j (local.get $b))))
          (call $clear (local.get $j))
          (call $place (local.get $i) (local.get $at) (local.get $p))
          (call $follow (local.get $i))
          (call $lower (local.get $i))
          (local.set $at (i32.add (global.get $best) (i32.shl (local.get $i) (i32.const 3))))
          (f64.store (local.get $at) (call $row (local.get $i) (local.get $size)))
          (call $lowerBlock (i32.shr_u (local.get $i) (i32.const 5)) (f64.load (local.get $at)))))
      (local.set $active (i32.sub (local.get $active) (i32.const 1)))
      (if (i32.lt_u (i32.mul (local.get $active) (i32.const 4)) (i32.mul (local.get $size) (i32.const 3)))
        (then (local.set $size (call $sort (local.get $size)))))
      (local.set $s (i32.add (local.get $s) (i32.const 1)))
      (br $step))))
)
