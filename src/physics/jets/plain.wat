;; Generalised-kt clustering of one list of particles, O(N^2) with two distances per instruction.
;;
;; Slots hold the particles and jets that are still to be clustered. Row i is the set of pairs (i, j) with j > i,
;; so every pair belongs to one row. best[i] is a lower bound of the smallest distance in row i and of the beam
;; distance of i: merging only takes pairs away, and pairs with the new jet are looked at when it is placed.
;; A step takes the slot with the smallest bound, computes its row, and goes on if the bound was too low.
;; That is exact, needs no record of neighbours, and leaves loops without a branch in them.
;;
;; Distances are kept times R^2: pair min(mom_i, mom_j) * (drap^2 + dphi^2), beam mom_i * R^2, mom = pt^2p.
;; A slot that is taken has rapidity -1e160 and bound infinity: its distances overflow to infinity and never win.
(module
  (import "math" "log" (func $log (param f64) (result f64)))
  (import "math" "atan2" (func $atan2 (param f64 f64) (result f64)))
  (import "math" "pow" (func $pow (param f64 f64) (result f64)))
  (memory (export "memory") 1)

  ;; Byte addresses, set by reserve. Nodes: particles 0..n-1, then the node of step s at n + s.
  (global $px (mut i32) (i32.const 0))
  (global $py (mut i32) (i32.const 0))
  (global $pz (mut i32) (i32.const 0))
  (global $en (mut i32) (i32.const 0))
  (global $nodeRap (mut i32) (i32.const 0))
  (global $nodePhi (mut i32) (i32.const 0))
  (global $dij (mut i32) (i32.const 0))
  (global $parents (mut i32) (i32.const 0))
  (global $rap (mut i32) (i32.const 0))
  (global $phi (mut i32) (i32.const 0))
  (global $mom (mut i32) (i32.const 0))
  (global $best (mut i32) (i32.const 0))
  (global $id (mut i32) (i32.const 0))
  ;; The neighbour found by the last $row; -1 is the beam.
  (global $nn (mut i32) (i32.const -1))

  ;; Makes room for $c particles. The first six arrays hold 2c doubles each and start at 0, 16c, 32c, ...;
  ;; dij (c doubles) follows at 96c and the parents (c pairs of 32-bit integers) at 104c.
  (func (export "reserve") (param $c i32)
    (local $unit i32) (local $need i32)
    (local.set $unit (i32.shl (local.get $c) (i32.const 3)))
    (global.set $px (i32.const 0))
    (global.set $py (i32.mul (local.get $unit) (i32.const 2)))
    (global.set $pz (i32.mul (local.get $unit) (i32.const 4)))
    (global.set $en (i32.mul (local.get $unit) (i32.const 6)))
    (global.set $nodeRap (i32.mul (local.get $unit) (i32.const 8)))
    (global.set $nodePhi (i32.mul (local.get $unit) (i32.const 10)))
    (global.set $dij (i32.mul (local.get $unit) (i32.const 12)))
    (global.set $parents (i32.mul (local.get $unit) (i32.const 13)))
    ;; Two more entries a slot array: a vector load at the last slot may read one beyond.
    (local.set $need (i32.add (local.get $unit) (i32.const 16)))
    (global.set $rap (i32.mul (local.get $unit) (i32.const 14)))
    (global.set $phi (i32.add (global.get $rap) (local.get $need)))
    (global.set $mom (i32.add (global.get $phi) (local.get $need)))
    (global.set $best (i32.add (global.get $mom) (local.get $need)))
    (global.set $id (i32.add (global.get $best) (local.get $need)))
    (local.set $need (i32.shr_u (i32.add (i32.add (global.get $id) (local.get $need)) (i32.const 65535)) (i32.const 16)))
    (if (i32.gt_u (local.get $need) (memory.size))
      (then (if (i32.eq (memory.grow (i32.sub (local.get $need) (memory.size))) (i32.const -1)) (then unreachable)))))

  ;; Puts node $node into slot $slot: rapidity, azimuth and momentum factor from its four-momentum.
  (func $place (param $slot i32) (param $node i32) (param $p f64)
    (local $x f64) (local $y f64) (local $z f64) (local $e f64)
    (local $kt2 f64) (local $m2 f64) (local $sum f64) (local $r f64) (local $f f64) (local $m f64)
    (local.set $node (i32.shl (local.get $node) (i32.const 3)))
    (local.set $x (f64.load (i32.add (global.get $px) (local.get $node))))
    (local.set $y (f64.load (i32.add (global.get $py) (local.get $node))))
    (local.set $z (f64.load (i32.add (global.get $pz) (local.get $node))))
    (local.set $e (f64.load (i32.add (global.get $en) (local.get $node))))
    (local.set $kt2 (f64.add (f64.mul (local.get $x) (local.get $x)) (f64.mul (local.get $y) (local.get $y))))
    (local.set $sum (f64.add (local.get $e) (f64.abs (local.get $z))))
    (if (i32.and (f64.eq (local.get $kt2) (f64.const 0)) (f64.eq (local.get $e) (f64.abs (local.get $z))))
      (then ;; along the beam: a large rapidity that still tells two such particles apart
        (local.set $r (f64.sub (f64.const -1e5) (f64.abs (local.get $z)))))
      (else
        (local.set $m2 (f64.max (f64.const 0) (f64.sub
          (f64.mul (f64.add (local.get $e) (local.get $z)) (f64.sub (local.get $e) (local.get $z)))
          (local.get $kt2))))
        (local.set $r (f64.mul (f64.const 0.5) (call $log (f64.div
          (f64.add (local.get $kt2) (local.get $m2))
          (f64.mul (local.get $sum) (local.get $sum))))))))
    (if (f64.ge (local.get $z) (f64.const 0)) (then (local.set $r (f64.neg (local.get $r)))))
    (local.set $f (call $atan2 (local.get $y) (local.get $x)))
    (f64.store (i32.add (global.get $nodeRap) (local.get $node)) (local.get $r))
    (f64.store (i32.add (global.get $nodePhi) (local.get $node)) (local.get $f))
    ;; A pT of zero is lifted: with a factor of 0 every pair would be as close as the beam.
    (local.set $m (f64.const 1))
    (if (f64.ne (local.get $p) (f64.const 0)) (then
      (local.set $m (f64.max (local.get $kt2) (f64.const 1e-300)))
      (if (f64.ne (local.get $p) (f64.const 1)) (then
        (if (f64.eq (local.get $p) (f64.const -1))
          (then (local.set $m (f64.div (f64.const 1) (local.get $m))))
          (else (local.set $m (call $pow (local.get $m) (local.get $p)))))))))
    ;; What is not finite meets nobody: a rapidity of its own, far outside; it goes to the beam first.
    (if (f64.ne (f64.sub (f64.add (local.get $r) (local.get $kt2)) (f64.add (local.get $r) (local.get $kt2))) (f64.const 0))
      (then
        (local.set $r (f64.mul (f64.convert_i32_u (i32.add (local.get $node) (i32.const 8))) (f64.const 1e160)))
        (local.set $f (f64.const 0))
        (local.set $m (f64.const 0))))
    (local.set $node (i32.shr_u (local.get $node) (i32.const 3)))
    (i32.store (i32.add (global.get $id) (i32.shl (local.get $slot) (i32.const 2))) (local.get $node))
    (local.set $slot (i32.shl (local.get $slot) (i32.const 3)))
    (f64.store (i32.add (global.get $rap) (local.get $slot)) (local.get $r))
    (f64.store (i32.add (global.get $phi) (local.get $slot)) (local.get $f))
    (f64.store (i32.add (global.get $mom) (local.get $slot)) (local.get $m)))

  ;; Takes slot $slot out of the game.
  (func $clear (param $slot i32)
    (local.set $slot (i32.shl (local.get $slot) (i32.const 3)))
    (f64.store (i32.add (global.get $rap) (local.get $slot)) (f64.const -1e160))
    (f64.store (i32.add (global.get $phi) (local.get $slot)) (f64.const 0))
    (f64.store (i32.add (global.get $mom) (local.get $slot)) (f64.const 1))
    (f64.store (i32.add (global.get $best) (local.get $slot)) (f64.const inf)))

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

  ;; Stores a + b of one component of two nodes.
  (func $add (param $array i32) (param $a i32) (param $b i32) (param $sum i32)
    (f64.store (i32.add (local.get $array) (i32.shl (local.get $sum) (i32.const 3)))
      (f64.add
        (f64.load (i32.add (local.get $array) (i32.shl (local.get $a) (i32.const 3))))
        (f64.load (i32.add (local.get $array) (i32.shl (local.get $b) (i32.const 3)))))))

  ;; Stores the winner-takes-all sum of two nodes: the pT of both in the direction of the harder one, without mass.
  ;; With m_T the transverse mass of the harder one, sinh y = pz / m_T and cosh y = E / m_T.
  (func $takeAll (param $a i32) (param $b i32) (param $sum i32)
    (local $x f64) (local $y f64) (local $z f64) (local $e f64)
    (local $ptA f64) (local $ptB f64) (local $pt f64) (local $mt f64)
    (local.set $a (i32.shl (local.get $a) (i32.const 3)))
    (local.set $b (i32.shl (local.get $b) (i32.const 3)))
    (local.set $sum (i32.shl (local.get $sum) (i32.const 3)))
    (local.set $ptA (call $pt (local.get $a)))
    (local.set $ptB (call $pt (local.get $b)))
    (local.set $pt (f64.add (local.get $ptA) (local.get $ptB)))
    (if (f64.gt (local.get $ptB) (local.get $ptA)) (then
      (local.set $a (local.get $b))
      (local.set $ptA (local.get $ptB))))
    (local.set $x (f64.load (i32.add (global.get $px) (local.get $a))))
    (local.set $y (f64.load (i32.add (global.get $py) (local.get $a))))
    (local.set $z (f64.load (i32.add (global.get $pz) (local.get $a))))
    (local.set $e (f64.load (i32.add (global.get $en) (local.get $a))))
    ;; An energy below |pz| would give no rapidity; like in $place it then has the mass 0.
    (local.set $mt (f64.sqrt (f64.max
      (f64.mul (local.get $ptA) (local.get $ptA))
      (f64.mul (f64.add (local.get $e) (local.get $z)) (f64.sub (local.get $e) (local.get $z))))))
    (local.set $mt (f64.div (local.get $pt) (f64.max (local.get $mt) (f64.const 1e-300))))
    (local.set $pt (f64.div (local.get $pt) (f64.max (local.get $ptA) (f64.const 1e-300))))
    (f64.store (i32.add (global.get $px) (local.get $sum)) (f64.mul (local.get $x) (local.get $pt)))
    (f64.store (i32.add (global.get $py) (local.get $sum)) (f64.mul (local.get $y) (local.get $pt)))
    (f64.store (i32.add (global.get $pz) (local.get $sum)) (f64.mul (local.get $z) (local.get $mt)))
    (f64.store (i32.add (global.get $en) (local.get $sum)) (f64.mul (local.get $e) (local.get $mt))))

  ;; The transverse momentum of the node whose doubles are $at bytes into their arrays.
  (func $pt (param $at i32) (result f64)
    (local $x f64) (local $y f64)
    (local.set $x (f64.load (i32.add (global.get $px) (local.get $at))))
    (local.set $y (f64.load (i32.add (global.get $py) (local.get $at))))
    (f64.sqrt (f64.add (f64.mul (local.get $x) (local.get $x)) (f64.mul (local.get $y) (local.get $y)))))

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
          (if (local.get $wta)
            (then (call $takeAll (local.get $a) (local.get $b) (local.get $node)))
            (else
              (call $add (global.get $px) (local.get $a) (local.get $b) (local.get $node))
              (call $add (global.get $py) (local.get $a) (local.get $b) (local.get $node))
              (call $add (global.get $pz) (local.get $a) (local.get $b) (local.get $node))
              (call $add (global.get $en) (local.get $a) (local.get $b) (local.get $node))))
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
