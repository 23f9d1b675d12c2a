;; Particles and jets for plain.wat and tiled.wat: their memory, their places in it, and how two become one.
;;
;; Nodes are the particles 0..n-1 and what step s made, n + s. Slots hold the nodes that are still to be
;; clustered. A slot that is taken has rapidity -1e160 and bound infinity: its distances overflow to infinity
;; and never win.
(module
  (import "math" "log" (func $log (param f64) (result f64)))
  (import "math" "atan2" (func $atan2 (param f64 f64) (result f64)))
  (import "math" "pow" (func $pow (param f64 f64) (result f64)))
  (memory (export "memory") 1)

  ;; Byte addresses, set by reserve: of nodes, of what comes out, and of slots.
  (global $px (mut i32) (i32.const 0))
  (global $py (mut i32) (i32.const 0))
  (global $pz (mut i32) (i32.const 0))
  (global $en (mut i32) (i32.const 0))
  (global $nodeRap (mut i32) (i32.const 0))
  (global $nodePhi (mut i32) (i32.const 0))
  (global $dij (export "dij") (mut i32) (i32.const 0))
  (global $parents (export "parents") (mut i32) (i32.const 0))
  (global $rap (export "rap") (mut i32) (i32.const 0))
  (global $phi (export "phi") (mut i32) (i32.const 0))
  (global $mom (export "mom") (mut i32) (i32.const 0))
  (global $best (export "best") (mut i32) (i32.const 0))
  (global $id (export "id") (mut i32) (i32.const 0))

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
    ;; More entries a slot array: tiled.wat has guests behind the slots, and vectors and blocks reach beyond them.
    (local.set $need (i32.add (local.get $unit) (i32.const 512)))
    (global.set $rap (i32.mul (local.get $unit) (i32.const 14)))
    (global.set $phi (i32.add (global.get $rap) (local.get $need)))
    (global.set $mom (i32.add (global.get $phi) (local.get $need)))
    (global.set $best (i32.add (global.get $mom) (local.get $need)))
    (global.set $id (i32.add (global.get $best) (local.get $need)))
    ;; Behind id lies the work space of tiled.wat: with id seven slot arrays and less than 64 KiB.
    (local.set $need (i32.add (i32.mul (local.get $need) (i32.const 7)) (i32.const 65536)))
    (local.set $need (i32.shr_u (i32.add (i32.add (global.get $id) (local.get $need)) (i32.const 65535)) (i32.const 16)))
    (if (i32.gt_u (local.get $need) (memory.size))
      (then (if (i32.eq (memory.grow (i32.sub (local.get $need) (memory.size))) (i32.const -1)) (then unreachable)))))

  ;; Puts node $node into slot $slot: rapidity, azimuth and momentum factor from its four-momentum.
  (func $place (export "place") (param $slot i32) (param $node i32) (param $p f64)
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
  (func $clear (export "clear") (param $slot i32)
    (local.set $slot (i32.shl (local.get $slot) (i32.const 3)))
    (f64.store (i32.add (global.get $rap) (local.get $slot)) (f64.const -1e160))
    (f64.store (i32.add (global.get $phi) (local.get $slot)) (f64.const 0))
    (f64.store (i32.add (global.get $mom) (local.get $slot)) (f64.const 1))
    (f64.store (i32.add (global.get $best) (local.get $slot)) (f64.const inf)))

  ;; Stores a + b of one component of two nodes.
  (func $add (param $array i32) (param $a i32) (param $b i32) (param $sum i32)
    (f64.store (i32.add (local.get $array) (i32.shl (local.get $sum) (i32.const 3)))
      (f64.add
        (f64.load (i32.add (local.get $array) (i32.shl (local.get $a) (i32.const 3))))
        (f64.load (i32.add (local.get $array) (i32.shl (local.get $b) (i32.const 3)))))))

  ;; Stores the winner-takes-all sum of two nodes: the pT of both in the direction of the harder one, without
  ;; mass. With m_T the transverse mass of the harder one, sinh y = pz / m_T and cosh y = E / m_T.
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
  (func $pt (export "pt") (param $at i32) (result f64)
    (local $x f64) (local $y f64)
    (local.set $x (f64.load (i32.add (global.get $px) (local.get $at))))
    (local.set $y (f64.load (i32.add (global.get $py) (local.get $at))))
    (f64.sqrt (f64.add (f64.mul (local.get $x) (local.get $x)) (f64.mul (local.get $y) (local.get $y)))))

  ;; Makes node $sum out of two.
  (func $merge (export "merge") (param $a i32) (param $b i32) (param $sum i32) (param $wta i32)
    (if (local.get $wta)
      (then (call $takeAll (local.get $a) (local.get $b) (local.get $sum)))
      (else
        (call $add (global.get $px) (local.get $a) (local.get $b) (local.get $sum))
        (call $add (global.get $py) (local.get $a) (local.get $b) (local.get $sum))
        (call $add (global.get $pz) (local.get $a) (local.get $b) (local.get $sum))
        (call $add (global.get $en) (local.get $a) (local.get $b) (local.get $sum)))))
)
