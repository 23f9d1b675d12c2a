;; Generalised-kt clustering of a long list: plain.wat with tiles, as FastJet's N2Tiled has them (arXiv:1111.6097).
;;
;; Pairs further apart than R are never the closest, because the beam distance of the one with the smaller pt^2p is
;; less; so tiles.wat says where to look. A merged jet takes a slot in its tile that is free, mostly one of the two
;; it was made of; where there is none it becomes a guest. When there are too many of those, or a quarter of the slots
;; is empty, everything is sorted again.
;;
;; best is for each slot a bound of its distance to its closest neighbour or the beam, and block one for 32 slots.
;; They may be too low, because a neighbour is gone, but never too high; only that at the top is made exact.
(module
  (import "nodes" "memory" (memory 1))
  (import "nodes" "place" (func $place (param i32 i32 f64)))
  (import "nodes" "clear" (func $clear (param i32)))
  (import "nodes" "merge" (func $merge (param i32 i32 i32 i32)))
  (import "nodes" "dij" (global $dij (mut i32))) (import "nodes" "parents" (global $parents (mut i32)))
  (import "nodes" "rap" (global $rap (mut i32))) (import "nodes" "best" (global $best (mut i32)))
  (import "nodes" "id" (global $id (mut i32)))
  (import "tiles" "ranges" (global $ranges (mut i32))) (import "tiles" "stride" (global $stride (mut i32)))
  (import "tiles" "size" (global $size (mut i32))) (import "tiles" "top" (global $top (mut i32)))
  (import "tiles" "layOut" (func $layOut (param f64)))
  (import "tiles" "tileOf" (func $tileOf (param i32) (result i32)))
  (import "tiles" "move" (func $move (param i32 i32 i32)))
  (import "tiles" "sort" (func $sort))
  (import "tiles" "around" (func $around (param f64 f64) (result i32)))

  ;; The byte address of the bounds of blocks.
  (global $block (mut i32) (i32.const 0))
  (global $r2 (mut f64) (f64.const 0))
  (global $nn (mut i32) (i32.const -1))

  ;; The bounds of blocks from those of slots.
  (func $blocks
    (local $b i32) (local $end i32) (local $at i32) (local $k i32) (local $v v128)
    (local.set $b (global.get $block))
    (local.set $at (global.get $best))
    (local.set $end (i32.add (local.get $at) (i32.shl (global.get $top) (i32.const 3))))
    (loop $next
      (local.set $v (v128.const f64x2 inf inf))
      (local.set $k (i32.add (local.get $at) (i32.const 256)))
      (loop $slot
        (local.set $v (f64x2.pmin (local.get $v) (v128.load (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $slot (i32.lt_u (local.get $at) (local.get $k))))
      (f64.store (local.get $b) (f64.min (f64x2.extract_lane 0 (local.get $v)) (f64x2.extract_lane 1 (local.get $v))))
      (local.set $b (i32.add (local.get $b) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    ;; A block of guests may follow, and a vector may reach beyond that.
    (v128.store (local.get $b) (v128.const f64x2 inf inf))
    (v128.store offset=16 (local.get $b) (v128.const f64x2 inf inf)))



  ;; The smallest distance of slot $i to another one or to the beam; the partner goes to $nn. If $isNew the bounds of
  ;; the others are lowered. A vector may take in a slot behind its range, which does no harm.
  (func $nearest (param $i i32) (param $isNew i32) (result f64)
    (local $own i32) (local $list i32) (local $listEnd i32) (local $at i32) (local $end i32) (local $slot i32)
    (local $toBest i32) (local $two i32) (local $a f64) (local $b f64) (local $rap f64)
    (local $r v128) (local $f v128) (local $m v128) (local $dr v128) (local $df v128)
    (local $least v128) (local $who v128) (local $j v128) (local $min v128)
    (local.set $own (i32.add (global.get $rap) (i32.shl (local.get $i) (i32.const 3))))
    (local.set $two (i32.shl (global.get $stride) (i32.const 1)))
    (local.set $toBest (i32.mul (global.get $stride) (i32.const 3)))
    (local.set $rap (f64.load (local.get $own)))
    (local.set $r (f64x2.splat (local.get $rap)))
    (local.set $f (v128.load64_splat (i32.add (local.get $own) (global.get $stride))))
    (local.set $m (v128.load64_splat (i32.add (local.get $own) (local.get $two))))
    (local.set $listEnd (call $around (local.get $rap) (f64x2.extract_lane 0 (local.get $f))))
    ;; Not to find itself.
    (f64.store (local.get $own) (f64.const -1e160))
    (local.set $least (f64x2.mul (local.get $m) (f64x2.splat (global.get $r2))))
    (local.set $who (v128.const i64x2 -1 -1))
    (local.set $list (global.get $ranges))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $list) (local.get $listEnd)))
      (local.set $slot (i32.load (local.get $list)))
      (local.set $at (i32.add (global.get $rap) (i32.shl (local.get $slot) (i32.const 3))))
      (local.set $end (i32.add (global.get $rap) (i32.shl (i32.load offset=4 (local.get $list)) (i32.const 3))))
      (local.set $j (i64x2.add (i64x2.splat (i64.extend_i32_u (local.get $slot))) (v128.const i64x2 0 1)))
      (local.set $min (v128.const f64x2 inf inf))
      (loop $slots
        (local.set $dr (f64x2.sub (v128.load (local.get $at)) (local.get $r)))
        (local.set $df (f64x2.abs (f64x2.sub (v128.load (i32.add (local.get $at) (global.get $stride))) (local.get $f))))
        (local.set $df (f64x2.pmin (local.get $df)
          (f64x2.sub (v128.const f64x2 6.283185307179586 6.283185307179586) (local.get $df))))
        (local.set $dr (f64x2.mul
          (f64x2.add (f64x2.mul (local.get $dr) (local.get $dr)) (f64x2.mul (local.get $df) (local.get $df)))
          (f64x2.pmin (local.get $m) (v128.load (i32.add (local.get $at) (local.get $two))))))
        (local.set $who (v128.bitselect (local.get $j) (local.get $who) (f64x2.lt (local.get $dr) (local.get $least))))
        (local.set $least (f64x2.pmin (local.get $least) (local.get $dr)))
        (if (local.get $isNew) (then
          (local.set $min (f64x2.pmin (local.get $min) (local.get $dr)))
          (v128.store (i32.add (local.get $at) (local.get $toBest))
            (f64x2.pmin (v128.load (i32.add (local.get $at) (local.get $toBest))) (local.get $dr)))))
        (local.set $j (i64x2.add (local.get $j) (v128.const i64x2 2 2)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $slots (i32.lt_u (local.get $at) (local.get $end))))
      (if (local.get $isNew) (then
        (call $lower (local.get $slot) (i32.load offset=4 (local.get $list)) (f64.min
          (f64x2.extract_lane 0 (local.get $min)) (f64x2.extract_lane 1 (local.get $min))))))
      (local.set $list (i32.add (local.get $list) (i32.const 8)))
      (br $next)))
    (f64.store (local.get $own) (local.get $rap))
    (local.set $a (f64x2.extract_lane 0 (local.get $least)))
    (local.set $b (f64x2.extract_lane 1 (local.get $least)))
    (global.set $nn (select
      (i32.wrap_i64 (i64x2.extract_lane 1 (local.get $who)))
      (i32.wrap_i64 (i64x2.extract_lane 0 (local.get $who)))
      (f64.lt (local.get $b) (local.get $a))))
    (select (local.get $b) (local.get $a) (f64.lt (local.get $b) (local.get $a))))

  ;; Lowers the bounds of the blocks that hold slots $from to $to, both included, to $d.
  (func $lower (param $from i32) (param $to i32) (param $d f64)
    (local.set $from (i32.add (global.get $block) (i32.shl (i32.shr_u (local.get $from) (i32.const 5)) (i32.const 3))))
    (local.set $to (i32.add (global.get $block) (i32.shl (i32.shr_u (local.get $to) (i32.const 5)) (i32.const 3))))
    (loop $next
      (f64.store (local.get $from) (f64.min (f64.load (local.get $from)) (local.get $d)))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))
      (br_if $next (i32.le_u (local.get $from) (local.get $to)))))

  ;; The place of the smallest of $n doubles at $at; an even number is looked at.
  (func $least (param $at i32) (param $n i32) (result i32)
    (local $end i32) (local $v v128) (local $min v128) (local $j v128) (local $who v128) (local $is v128)
    (local.set $min (v128.const f64x2 inf inf))
    (local.set $j (v128.const i64x2 0 1))
    (local.set $end (i32.add (local.get $at) (i32.shl (local.get $n) (i32.const 3))))
    (loop $next
      (local.set $v (v128.load (local.get $at)))
      (local.set $is (f64x2.lt (local.get $v) (local.get $min)))
      (local.set $who (v128.bitselect (local.get $j) (local.get $who) (local.get $is)))
      (local.set $min (f64x2.pmin (local.get $min) (local.get $v)))
      (local.set $j (i64x2.add (local.get $j) (v128.const i64x2 2 2)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (i32.wrap_i64 (select (i64x2.extract_lane 1 (local.get $who)) (i64x2.extract_lane 0 (local.get $who))
      (f64.lt (f64x2.extract_lane 1 (local.get $min)) (f64x2.extract_lane 0 (local.get $min))))))

  ;; The slot with the smallest distance; its partner is in $nn and the distance in best.
  (func $closest (result i32)
    (local $b i32) (local $i i32) (local $at i32) (local $d f64)
    (loop $again
      (local.set $b (call $least (global.get $block)
        (i32.shr_u (i32.add (global.get $top) (i32.const 31)) (i32.const 5))))
      (local.set $i (i32.shl (local.get $b) (i32.const 5)))
      (local.set $i (i32.add (local.get $i)
        (call $least (i32.add (global.get $best) (i32.shl (local.get $i) (i32.const 3))) (i32.const 32))))
      (local.set $at (i32.add (global.get $best) (i32.shl (local.get $i) (i32.const 3))))
      (local.set $b (i32.add (global.get $block) (i32.shl (local.get $b) (i32.const 3))))
      (if (f64.gt (f64.load (local.get $at)) (f64.load (local.get $b))) (then
        (f64.store (local.get $b) (f64.load (local.get $at)))
        (br $again)))
      (local.set $d (call $nearest (local.get $i) (i32.const 0)))
      (if (f64.gt (local.get $d) (f64.load (local.get $at))) (then
        (f64.store (local.get $at) (local.get $d))
        (br $again))))
    (local.get $i))

  ;; Brings the new jet in slot $i where it belongs: into slot $j, which is free, or another one; gives that slot.
  (func $settle (param $i i32) (param $j i32) (result i32)
    (local $at i32) (local $k i32) (local $end i32) (local $node i32)
    (local.set $at (call $tileOf (local.get $i)))
    (local.set $k (i32.load (local.get $at)))
    (local.set $end (i32.load offset=4 (local.get $at)))
    (if (i32.and (i32.ge_u (local.get $i) (local.get $k)) (i32.lt_u (local.get $i) (local.get $end)))
      (then (return (local.get $i))))
    (block $found
      (if (i32.and (i32.ge_u (local.get $j) (local.get $k)) (i32.lt_u (local.get $j) (local.get $end)))
        (then (local.set $k (local.get $j)) (br $found)))
      (block $full (loop $next
        (br_if $full (i32.ge_u (local.get $k) (local.get $end)))
        (br_if $found (f64.eq (f64.load (i32.add (global.get $rap) (i32.shl (local.get $k) (i32.const 3))))
          (f64.const -1e160)))
        (local.set $k (i32.add (local.get $k) (i32.const 1)))
        (br $next)))
      ;; A guest may stay one.
      (if (i32.ge_u (local.get $i) (global.get $size)) (then (return (local.get $i))))
      (local.set $k (global.get $top))
      (if (i32.lt_u (i32.sub (local.get $k) (global.get $size)) (i32.const 32)) (then
        (global.set $top (i32.add (local.get $k) (i32.const 1)))
        (br $found)))
      (local.set $node (i32.load (i32.add (global.get $id) (i32.shl (local.get $i) (i32.const 2)))))
      (call $sort)
      (call $blocks)
      (local.set $k (i32.load (local.get $at)))
      (loop $next
        (if (i32.eq (local.get $node) (i32.load (i32.add (global.get $id) (i32.shl (local.get $k) (i32.const 2)))))
          (then (return (local.get $k))))
        (local.set $k (i32.add (local.get $k) (i32.const 1)))
        (br $next)))
    (call $move (local.get $i) (local.get $k) (i32.const 0))
    (call $clear (local.get $i))
    (local.get $k))


  ;; As in plain.wat, adding four-momenta, with a radius of at most 2.
  (func (export "cluster") (param $n i32) (param $p f64) (param $radius f64)
    (local $i i32) (local $j i32) (local $s i32) (local $active i32)
    (local $a i32) (local $b i32) (local $at i32) (local $out i32)
    (call $layOut (local.get $radius))
    (global.set $block (i32.add (global.get $id) (global.get $stride)))
    (global.set $r2 (f64.mul (local.get $radius) (local.get $radius)))
    (block $placed (loop $next
      (br_if $placed (i32.ge_u (local.get $i) (local.get $n)))
      (call $place (local.get $i) (local.get $i) (local.get $p))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (local.set $active (local.get $n))
    (global.set $top (local.get $n))
    (call $sort)
    (local.set $i (i32.const 0))
    (loop $next
      (f64.store (i32.add (global.get $best) (i32.shl (local.get $i) (i32.const 3)))
        (call $nearest (local.get $i) (i32.const 0)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (call $blocks)
    (block $done (loop $step
      (br_if $done (i32.ge_u (local.get $s) (local.get $n)))
      (local.set $i (call $closest))
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
          (call $clear (local.get $j))
          (call $place (local.get $i) (local.get $at) (local.get $p))
          (local.set $i (call $settle (local.get $i) (local.get $j)))
          (local.set $at (i32.add (global.get $best) (i32.shl (local.get $i) (i32.const 3))))
          (f64.store (local.get $at) (f64.const inf))
          (f64.store (local.get $at) (call $nearest (local.get $i) (i32.const 1)))
          (call $lower (local.get $i) (local.get $i) (f64.load (local.get $at)))))
      (local.set $active (i32.sub (local.get $active) (i32.const 1)))
      (if (i32.and (i32.gt_u (global.get $top) (i32.const 64))
            (i32.lt_u (i32.mul (local.get $active) (i32.const 4)) (i32.mul (global.get $top) (i32.const 3))))
        (then (call $sort) (call $blocks)))
      (local.set $s (i32.add (local.get $s) (i32.const 1)))
      (br $step))))
)
