;; Generalised-kt clustering of one list of particles, O(N^2) with two distances per instruction.
;;
;; Slots hold the particles and jets that are still to be clustered. Row i is the set of pairs (i, j) with j >
;; i, so every pair belongs to one row. best[i] is a lower bound of the smallest distance in row i and of the
;; beam distance of i: merging only takes pairs away, and pairs with the new jet are looked at when it is
;; placed. A step takes the slot with the smallest bound, computes its row, and goes on if the bound was too
;; low. That is exact, needs no record of neighbours, and leaves loops without a branch in them.
;;
;; Distances are kept times R^2: pair min(mom_i, mom_j) * (drap^2 + dphi^2), beam mom_i * R^2, mom = pt^2p.
(module
  (import "nodes" "memory" (memory 1))
  (import "nodes" "place" (func $place (param i32 i32 f64)))
  (import "nodes" "clear" (func $clear (param i32)))
  (import "nodes" "merge" (func $merge (param i32 i32 i32 i32)))
  (import "nodes" "dij" (global $dij (mut i32)))
  (import "nodes" "parents" (global $parents (mut i32)))
  (import "nodes" "rap" (global $rap (mut i32)))
  (import "nodes" "phi" (global $phi (mut i32)))
  (import "nodes" "mom" (global $mom (mut i32)))
  (import "nodes" "best" (global $best (mut i32)))
  (import "nodes" "id" (global $id (mut i32)))
  ;; The neighbour found by the last $row; -1 is the beam.
  (global $nn (mut i32) (i32.const -1))

  ;; The smallest distance in row $i, the beam included; the partner goes to $nn.
  (func $row (param $i i32) (param $size i32) (param $r2 f64) (result f64)
    (local $at i32) (local $end i32) (local $toPhi i32) (local $toMom i32)
    (local $r v128) (local $f v128) (local $m v128) (local $dr v128) (local $df v128)
    (local $least v128) (local $who v128) (local $j v128) (local $less v128) (local $a f64) (local $b f64)
    (local.set $at (i32.add (global.get $rap) (i32.shl (local.get $i) (i32.const 3))))
    (local.set $end (i32.add (global.get $rap) (i32.shl (local.get $size) (i32.const 3))))
    (local.set $toPhi (i32.sub (global.get $phi) (global.get $rap)))
    (local.set $toMom (i32.sub (global.get $mom) (global.get $rap)))
    (local.set $r (v128.load64_splat (local.get $at)))
    (local.set $f (v128.load64_splat (i32.add (local.get $at) (local.get $toPhi))))
    (local.set $m (v128.load64_splat (i32.add (local.get $at) (local.get $toMom))))
    (local.set $least (f64x2.mul (local.get $m) (f64x2.splat (local.get $r2))))
    (local.set $who (v128.const i64x2 -1 -1))
    (local.set $j (i64x2.add (i64x2.splat (i64.extend_i32_u (local.get $i))) (v128.const i64x2 1 2)))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $dr (f64x2.sub (v128.load (local.get $at)) (local.get $r)))
      (local.set $df (f64x2.abs (f64x2.sub (v128.load (i32.add (local.get $at) (local.get $toPhi))) (local.get $f))))
      (local.set $df (f64x2.pmin (local.get $df)
        (f64x2.sub (v128.const f64x2 6.283185307179586 6.283185307179586) (local.get $df))))
      (local.set $dr (f64x2.mul
        (f64x2.add (f64x2.mul (local.get $dr) (local.get $dr)) (f64x2.mul (local.get $df) (local.get $df)))
        (f64x2.pmin (local.get $m) (v128.load (i32.add (local.get $at) (local.get $toMom))))))
      (local.set $less (f64x2.lt (local.get $dr) (local.get $least)))
      (local.set $who (v128.bitselect (local.get $j) (local.get $who) (local.get $less)))
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

  ;; Lowers the bounds of the slots before $k by their distance to $k.
  (func $lower (param $k i32)
    (local $at i32) (local $end i32) (local $toPhi i32) (local $toMom i32) (local $toBest i32)
    (local $r v128) (local $f v128) (local $m v128) (local $dr v128) (local $df v128)
    (local.set $at (global.get $rap))
    (local.set $end (i32.add (global.get $rap) (i32.shl (local.get $k) (i32.const 3))))
    (local.set $toPhi (i32.sub (global.get $phi) (global.get $rap)))
    (local.set $toMom (i32.sub (global.get $mom) (global.get $rap)))
    (local.set $toBest (i32.sub (global.get $best) (global.get $rap)))
    (local.set $r (v128.load64_splat (local.get $end)))
    (local.set $f (v128.load64_splat (i32.add (local.get $end) (local.get $toPhi))))
    (local.set $m (v128.load64_splat (i32.add (local.get $end) (local.get $toMom))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $dr (f64x2.sub (v128.load (local.get $at)) (local.get $r)))
      (local.set $df (f64x2.abs (f64x2.sub (v128.load (i32.add (local.get $at) (local.get $toPhi))) (local.get $f))))
      (local.set $df (f64x2.pmin (local.get $df)
        (f64x2.sub (v128.const f64x2 6.283185307179586 6.283185307179586) (local.get $df))))
      (local.set $dr (f64x2.mul
        (f64x2.add (f64x2.mul (local.get $dr) (local.get $dr)) (f64x2.mul (local.get $df) (local.get $df)))
        (f64x2.pmin (local.get $m) (v128.load (i32.add (local.get $at) (local.get $toMom))))))
      (v128.store (i32.add (local.get $at) (local.get $toBest))
        (f64x2.pmin (v128.load (i32.add (local.get $at) (local.get $toBest))) (local.get $dr)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $next))))

  ;; The slot with the smallest bound.
  (func $least (param $size i32) (result i32)
    (local $at i32) (local $end i32)
    (local $least v128) (local $who v128) (local $j v128) (local $d v128) (local $a f64) (local $b f64)
    (local.set $at (global.get $best))
    (local.set $end (i32.add (global.get $best) (i32.shl (local.get $size) (i32.const 3))))
    (local.set $least (v128.load (local.get $at)))
    (local.set $j (v128.const i64x2 0 1))
    (local.set $who (local.get $j))
    (block $done (loop $next
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $j (i64x2.add (local.get $j) (v128.const i64x2 2 2)))
      (local.set $d (v128.load (local.get $at)))
      (local.set $who (v128.bitselect (local.get $j) (local.get $who) (f64x2.lt (local.get $d) (local.get $least))))
      (local.set $least (f64x2.pmin (local.get $least) (local.get $d)))
      (br $next)))
    (local.set $a (f64x2.extract_lane 0 (local.get $least)))
    (local.set $b (f64x2.extract_lane 1 (local.get $least)))
    (select
      (i32.wrap_i64 (i64x2.extract_lane 1 (local.get $who)))
      (i32.wrap_i64 (i64x2.extract_lane 0 (local.get $who)))
      (f64.lt (local.get $b) (local.get $a))))

  ;; Moves the slots in use together, in order; gives their number.
  (func $compact (param $size i32) (result i32)
    (local $i i32) (local $w i32) (local $from i32) (local $to i32)
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $size)))
      (local.set $from (i32.shl (local.get $i) (i32.const 3)))
      (if (f64.lt (f64.load (i32.add (global.get $best) (local.get $from))) (f64.const inf)) (then
        (local.set $to (i32.shl (local.get $w) (i32.const 3)))
        (f64.store (i32.add (global.get $rap) (local.get $to)) (f64.load (i32.add (global.get $rap) (local.get $from))))
        (f64.store (i32.add (global.get $phi) (local.get $to)) (f64.load (i32.add (global.get $phi) (local.get $from))))
        (f64.store (i32.add (global.get $mom) (local.get $to)) (f64.load (i32.add (global.get $mom) (local.get $from))))
        (f64.store (i32.add (global.get $best) (local.get $to)) (f64.load (i32.add (global.get $best) (local.get $from))))
        (i32.store (i32.add (global.get $id) (i32.shl (local.get $w) (i32.const 2)))
          (i32.load (i32.add (global.get $id) (i32.shl (local.get $i) (i32.const 2)))))
        (local.set $w (i32.add (local.get $w) (i32.const 1)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (call $clear (local.get $w))
    (local.get $w))

  ;; Clusters the $n particles in px, py, pz, en: n steps into dij, parents and the nodes n..2n-1.
  ;; $wta chooses winner-takes-all recombination; otherwise four-momenta are added.
  (func (export "cluster") (param $n i32) (param $p f64) (param $r2 f64) (param $wta i32)
    (local $i i32) (local $j i32) (local $s i32) (local $size i32) (local $active i32)
    (local $d f64) (local $a i32) (local $b i32) (local $node i32) (local $at i32)
    (local.set $size (local.get $n))
    (local.set $active (local.get $n))
    (block $placed (loop $next
      (br_if $placed (i32.ge_u (local.get $i) (local.get $n)))
      (call $place (local.get $i) (local.get $i) (local.get $p))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (call $clear (local.get $n))
    (local.set $i (i32.const 0))
    (block $bound (loop $next
      (br_if $bound (i32.ge_u (local.get $i) (local.get $n)))
      (f64.store (i32.add (global.get $best) (i32.shl (local.get $i) (i32.const 3)))
        (call $row (local.get $i) (local.get $n) (local.get $r2)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (block $done (loop $step
      (br_if $done (i32.ge_u (local.get $s) (local.get $n)))
      (loop $again
        (local.set $i (call $least (local.get $size)))
        (local.set $d (call $row (local.get $i) (local.get $size) (local.get $r2)))
        (local.set $at (i32.add (global.get $best) (i32.shl (local.get $i) (i32.const 3))))
        (if (f64.gt (local.get $d) (f64.load (local.get $at))) (then
          (f64.store (local.get $at) (local.get $d))
          (br $again))))
      (local.set $j (global.get $nn))
      (local.set $a (i32.load (i32.add (global.get $id) (i32.shl (local.get $i) (i32.const 2)))))
      (local.set $at (i32.shl (local.get $s) (i32.const 3)))
      (f64.store (i32.add (global.get $dij) (local.get $at)) (f64.div (local.get $d) (local.get $r2)))
      (local.set $at (i32.add (global.get $parents) (local.get $at)))
      (if (i32.lt_s (local.get $j) (i32.const 0))
        (then
          (i32.store (local.get $at) (local.get $a))
          (i32.store offset=4 (local.get $at) (i32.const -1))
          (call $clear (local.get $i)))
        (else
          (local.set $b (i32.load (i32.add (global.get $id) (i32.shl (local.get $j) (i32.const 2)))))
          (i32.store (local.get $at) (select (local.get $a) (local.get $b) (i32.lt_s (local.get $a) (local.get $b))))
          (i32.store offset=4 (local.get $at)
            (select (local.get $b) (local.get $a) (i32.lt_s (local.get $a) (local.get $b))))
          (local.set $node (i32.add (local.get $n) (local.get $s)))
          (call $merge (local.get $a) (local.get $b) (local.get $node) (local.get $wta))
          (call $clear (local.get $j))
          (call $place (local.get $i) (local.get $node) (local.get $p))
          (call $lower (local.get $i))
          (f64.store (i32.add (global.get $best) (i32.shl (local.get $i) (i32.const 3)))
            (call $row (local.get $i) (local.get $size) (local.get $r2)))))
      (local.set $active (i32.sub (local.get $active) (i32.const 1)))
      (if (i32.lt_u (i32.mul (local.get $active) (i32.const 4)) (i32.mul (local.get $size) (i32.const 3)))
        (then (local.set $size (call $compact (local.get $size)))))
      (local.set $s (i32.add (local.get $s) (i32.const 1)))
      (br $step))))
)
