;; Kinematics of pairs, two pairs an instruction, a block of at most 256 pairs at a time.
;;
;; Memory is columns of doubles. Of each lepton's pt, eta, phi, mass, px, py, pz and e there are 512: the
;; first leptons of the pairs, then the second. From byte 32768 on there are 256 of each result: mass, pt,
;; rapidity, dphi, dR, cos theta and phi of Collins and Soper, cos theta of the helicity frame, and then three
;; that `features` leaves for angles.wat. The functions go over the block one after another, so that each has
;; registers for what it needs; $end is the number of bytes of one column that are to be done.
;;
;; No result depends on where phi = 0 is. So the first lepton has py = 0, and one sine and cosine do for both.
;;
;; Sine and cosine are the polynomials of FreeBSD's msun (k_sin.c, k_cos.c), within 2e-15; sinh is a Taylor
;; polynomial, within 4e-15 of its value. The latter holds for |eta| < 8.
(module
  (memory (export "memory") 2)
  (global $mostEta v128 (v128.const f64x2 8 8))
  (global $sixteenth v128 (v128.const f64x2 0.0625 0.0625))
  (global $one v128 (v128.const f64x2 1 1))
  (global $sinh2 v128 (v128.const f64x2 0.16666666666666666 0.16666666666666666))
  (global $sinh3 v128 (v128.const f64x2 0.008333333333333333 0.008333333333333333))
  (global $sinh4 v128 (v128.const f64x2 0.0001984126984126984 0.0001984126984126984))
  (global $sinh5 v128 (v128.const f64x2 2.7557319223985893e-06 2.7557319223985893e-06))
  (global $sinh6 v128 (v128.const f64x2 2.505210838544172e-08 2.505210838544172e-08))
  (global $half v128 (v128.const f64x2 0.5 0.5))
  (global $cosh3 v128 (v128.const f64x2 0.041666666666666664 0.041666666666666664))
  (global $cosh4 v128 (v128.const f64x2 0.001388888888888889 0.001388888888888889))
  (global $cosh5 v128 (v128.const f64x2 2.48015873015873e-05 2.48015873015873e-05))
  (global $cosh6 v128 (v128.const f64x2 2.755731922398589e-07 2.755731922398589e-07))
  (global $cosh7 v128 (v128.const f64x2 2.08767569878681e-09 2.08767569878681e-09))
  (global $two v128 (v128.const f64x2 2 2))
  (global $turn v128 (v128.const f64x2 6.283185307179586 6.283185307179586))
  (global $perTurn v128 (v128.const f64x2 0.15915494309189535 0.15915494309189535))
  (global $perQuarter v128 (v128.const f64x2 0.6366197723675814 0.6366197723675814))
  (global $rounder v128 (v128.const f64x2 6755399441055744 6755399441055744))
  (global $quarterHigh v128 (v128.const f64x2 1.5707963267341256 1.5707963267341256))
  (global $quarterLow v128 (v128.const f64x2 6.077100506506192e-11 6.077100506506192e-11))
  (global $sin1 v128 (v128.const f64x2 -0.16666666666666632 -0.16666666666666632))
  (global $sin2 v128 (v128.const f64x2 0.00833333333332249 0.00833333333332249))
  (global $sin3 v128 (v128.const f64x2 -0.0001984126982985795 -0.0001984126982985795))
  (global $sin4 v128 (v128.const f64x2 2.7557313707070068e-06 2.7557313707070068e-06))
  (global $sin5 v128 (v128.const f64x2 -2.5050760253406863e-08 -2.5050760253406863e-08))
  (global $sin6 v128 (v128.const f64x2 1.58969099521155e-10 1.58969099521155e-10))
  (global $cos1 v128 (v128.const f64x2 0.0416666666666666 0.0416666666666666))
  (global $cos2 v128 (v128.const f64x2 -0.001388888888887411 -0.001388888888887411))
  (global $cos3 v128 (v128.const f64x2 2.480158728947673e-05 2.480158728947673e-05))
  (global $cos4 v128 (v128.const f64x2 -2.7557314351390663e-07 -2.7557314351390663e-07))
  (global $cos5 v128 (v128.const f64x2 2.087572321298175e-09 2.087572321298175e-09))
  (global $cos6 v128 (v128.const f64x2 -1.1359647557788195e-11 -1.1359647557788195e-11))
  (global $oneBit v128 (v128.const i64x2 1 1))
  (global $sign v128 (v128.const i64x2 9223372036854775808 9223372036854775808))
  (global $minusOne v128 (v128.const f64x2 -1 -1))

  ;; pz and e of the leptons from byte $at of a column up to $end. Gives 1 when some |eta| is too large, or
  ;; NaN: those leptons are then to be done in another way.
  (func (export "longitudinal") (param $at i32) (param $end i32) (result i32)
    (local $h v128) (local $hard v128) (local $x v128) (local $z v128) (local $s v128) (local $poly v128)
    (local $c v128) (local $t v128) (local $p v128)
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $h (v128.load offset=4096 (local.get $at)))
      (local.set $hard
        (v128.or (local.get $hard) (v128.not (f64x2.lt (f64x2.abs (local.get $h)) (global.get $mostEta)))))
      ;; sinh and cosh of eta / 16, doubled four times.
      (local.set $x (f64x2.mul (global.get $sixteenth) (local.get $h)))
      (local.set $z (f64x2.mul (local.get $x) (local.get $x)))
      (local.set $poly (global.get $sinh6))
      (local.set $poly (f64x2.add (global.get $sinh5) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $sinh4) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $sinh3) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $sinh2) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $one) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $s (f64x2.mul (local.get $x) (local.get $poly)))
      (local.set $poly (global.get $cosh7))
      (local.set $poly (f64x2.add (global.get $cosh6) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $cosh5) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $cosh4) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $cosh3) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $half) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $one) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $c (local.get $poly))
      (local.set $t (f64x2.mul (f64x2.mul (global.get $two) (local.get $s)) (local.get $c)))
      (local.set $c
        (f64x2.add (global.get $one)
          (f64x2.mul (f64x2.mul (global.get $two) (local.get $s)) (local.get $s))))
      (local.set $s (f64x2.mul (f64x2.mul (global.get $two) (local.get $t)) (local.get $c)))
      (local.set $c
        (f64x2.add (global.get $one)
          (f64x2.mul (f64x2.mul (global.get $two) (local.get $t)) (local.get $t))))
      (local.set $t (f64x2.mul (f64x2.mul (global.get $two) (local.get $s)) (local.get $c)))
      (local.set $c
        (f64x2.add (global.get $one)
          (f64x2.mul (f64x2.mul (global.get $two) (local.get $s)) (local.get $s))))
      (local.set $p (v128.load offset=0 (local.get $at)))
      (local.set $z
        (f64x2.mul (local.get $p) (f64x2.mul (f64x2.mul (global.get $two) (local.get $t)) (local.get $c))))
      (v128.store offset=24576 (local.get $at) (local.get $z))
      (local.set $x (v128.load offset=12288 (local.get $at)))
      (v128.store offset=28672 (local.get $at)
        (f64x2.sqrt
          (f64x2.pmax (v128.const f64x2 0 0)
            (f64x2.add
              (f64x2.add (f64x2.mul (local.get $p) (local.get $p))
                (f64x2.mul (local.get $z) (local.get $z)))
              (f64x2.mul (local.get $x) (f64x2.abs (local.get $x)))))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $next)))
    (v128.any_true (local.get $hard)))

  ;; dphi, dR, and px and py of the second lepton, where the first has py = 0.
  (func (export "transverse") (param $end i32)
    (local $at i32)
    (local $f v128) (local $y v128) (local $t v128) (local $k v128) (local $x v128) (local $z v128)
    (local $s v128) (local $poly v128) (local $c v128) (local $odd v128) (local $p v128)
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $f
        (f64x2.sub (v128.load offset=8192 (local.get $at)) (v128.load offset=10240 (local.get $at))))
      (local.set $f
        (f64x2.sub (local.get $f)
          (f64x2.mul (global.get $turn) (f64x2.nearest (f64x2.mul (local.get $f) (global.get $perTurn))))))
      (v128.store offset=38912 (local.get $at) (local.get $f))
      (local.set $y
        (f64x2.sub (v128.load offset=4096 (local.get $at)) (v128.load offset=6144 (local.get $at))))
      (v128.store offset=40960 (local.get $at)
        (f64x2.sqrt
          (f64x2.add (f64x2.mul (local.get $f) (local.get $f)) (f64x2.mul (local.get $y) (local.get $y)))))
      (local.set $t (f64x2.add (f64x2.mul (local.get $f) (global.get $perQuarter)) (global.get $rounder)))
      (local.set $k (f64x2.sub (local.get $t) (global.get $rounder)))
      (local.set $x
        (f64x2.sub (f64x2.sub (local.get $f) (f64x2.mul (local.get $k) (global.get $quarterHigh)))
          (f64x2.mul (local.get $k) (global.get $quarterLow))))
      (local.set $z (f64x2.mul (local.get $x) (local.get $x)))
      (local.set $poly (global.get $sin6))
      (local.set $poly (f64x2.add (global.get $sin5) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $sin4) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $sin3) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $sin2) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $sin1) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $s
        (f64x2.add (local.get $x) (f64x2.mul (f64x2.mul (local.get $x) (local.get $z)) (local.get $poly))))
      (local.set $poly (global.get $cos6))
      (local.set $poly (f64x2.add (global.get $cos5) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $cos4) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $cos3) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $cos2) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (global.get $cos1) (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $c
        (f64x2.sub (global.get $one)
          (f64x2.sub (f64x2.mul (global.get $half) (local.get $z))
            (f64x2.mul (f64x2.mul (local.get $z) (local.get $z)) (local.get $poly)))))
      (local.set $odd (i64x2.ne (v128.and (local.get $t) (global.get $oneBit)) (v128.const i64x2 0 0)))
      (local.set $p (v128.load offset=2048 (local.get $at)))
      ;; The second lepton stands at -dphi.
      (v128.store offset=22528 (local.get $at)
        (f64x2.mul (local.get $p)
          (v128.xor
            (v128.xor (v128.bitselect (local.get $c) (local.get $s) (local.get $odd))
              (v128.and (i64x2.shl (local.get $t) (i32.const 62)) (global.get $sign)))
            (global.get $sign))))
      (v128.store offset=18432 (local.get $at)
        (f64x2.mul (local.get $p)
          (v128.xor (v128.bitselect (local.get $s) (local.get $c) (local.get $odd))
            (v128.and (i64x2.shl (i64x2.add (local.get $t) (global.get $oneBit)) (i32.const 62))
              (global.get $sign)))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $next))))

  ;; All that takes no logarithm or arctangent; see rapidity.ts, collins-soper.ts and helicity.ts.
  (func (export "features") (param $end i32)
    (local $at i32)
    (local $p1 v128) (local $y2 v128) (local $pz v128) (local $e v128) (local $qx v128) (local $qz v128)
    (local $q0 v128) (local $qt2 v128) (local $m2 v128) (local $qt v128) (local $m v128) (local $mt2 v128)
    (local $mt v128) (local $across v128) (local $along v128) (local $rest v128) (local $own v128)
    (local $star v128) (local $p2 v128) (local $p v128) (local $r v128) (local $sign v128) (local $x v128)
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $p1 (v128.load offset=0 (local.get $at)))
      (local.set $y2 (v128.load offset=22528 (local.get $at)))
      (local.set $pz (v128.load offset=24576 (local.get $at)))
      (local.set $e (v128.load offset=28672 (local.get $at)))
      (local.set $qx (f64x2.add (local.get $p1) (v128.load offset=18432 (local.get $at))))
      (local.set $qz (f64x2.add (local.get $pz) (v128.load offset=26624 (local.get $at))))
      (local.set $q0 (f64x2.add (local.get $e) (v128.load offset=30720 (local.get $at))))
      (local.set $qt2
        (f64x2.add (f64x2.mul (local.get $qx) (local.get $qx)) (f64x2.mul (local.get $y2) (local.get $y2))))
      (local.set $m2
        (f64x2.sub
          (f64x2.mul (f64x2.add (local.get $q0) (local.get $qz))
            (f64x2.sub (local.get $q0) (local.get $qz)))
          (local.get $qt2)))
      (local.set $qt (f64x2.sqrt (local.get $qt2)))
      (v128.store offset=34816 (local.get $at) (local.get $qt))
      (local.set $m (f64x2.sqrt (f64x2.abs (local.get $m2))))
      (v128.store offset=32768 (local.get $at)
        (v128.or (local.get $m) (v128.and (local.get $m2) (global.get $sign))))
      (local.set $mt2 (f64x2.add (f64x2.pmax (v128.const f64x2 0 0) (local.get $m2)) (local.get $qt2)))
      (local.set $mt (f64x2.sqrt (local.get $mt2)))
      ;; The argument of the logarithm of the rapidity; log takes it from here.
      (v128.store offset=36864 (local.get $at)
        (f64x2.div (f64x2.add (local.get $q0) (f64x2.abs (local.get $qz))) (local.get $mt)))
      ;; Without mass there is no rest frame: NaN.
      (local.set $m
        (v128.bitselect (local.get $m) (v128.const f64x2 nan nan)
          (f64x2.gt (local.get $m2) (v128.const f64x2 0 0))))
      (local.set $across (f64x2.mul (local.get $p1) (local.get $qx)))
      (local.set $along (f64x2.add (local.get $across) (f64x2.mul (local.get $pz) (local.get $qz))))
      (local.set $rest
        (f64x2.div (f64x2.sub (f64x2.mul (local.get $e) (local.get $q0)) (local.get $along)) (local.get $m)))
      (local.set $own (v128.load offset=12288 (local.get $at)))
      (local.set $star
        (f64x2.sqrt
          (f64x2.pmax (v128.const f64x2 0 0)
            (f64x2.sub (f64x2.mul (local.get $rest) (local.get $rest))
              (f64x2.pmax (v128.const f64x2 0 0)
                (f64x2.mul (local.get $own) (f64x2.abs (local.get $own))))))))
      (local.set $p2 (f64x2.add (local.get $qt2) (f64x2.mul (local.get $qz) (local.get $qz))))
      (local.set $p (f64x2.sqrt (local.get $p2)))
      (local.set $r
        (f64x2.div (global.get $one)
          (f64x2.mul (f64x2.mul (local.get $star) (local.get $mt)) (local.get $p))))
      (v128.store offset=53248 (local.get $at) (local.get $qz))
      (local.set $sign (v128.and (f64x2.lt (local.get $qz) (v128.const f64x2 0 0)) (global.get $sign)))
      (local.set $x
        (v128.xor
          (f64x2.mul
            (f64x2.mul
              (f64x2.sub (f64x2.mul (local.get $pz) (local.get $q0))
                (f64x2.mul (local.get $e) (local.get $qz)))
              (local.get $p))
            (local.get $r))
          (local.get $sign)))
      (v128.store offset=43008 (local.get $at)
        (f64x2.pmax (f64x2.pmin (local.get $x) (global.get $one)) (global.get $minusOne)))
      (local.set $x
        (f64x2.mul
          (f64x2.mul
            (f64x2.sub (local.get $along)
              (f64x2.div (f64x2.mul (local.get $p2) (f64x2.add (local.get $e) (local.get $rest)))
                (f64x2.add (local.get $q0) (local.get $m))))
            (local.get $mt))
          (local.get $r)))
      (v128.store offset=47104 (local.get $at)
        (f64x2.pmax (f64x2.pmin (local.get $x) (global.get $one)) (global.get $minusOne)))
      ;; x* and y* of Collins and Soper, both times Q_T. Q_T = 0 leaves x open: the first lepton's is taken.
      (local.set $x
        (v128.bitselect (local.get $p1)
          (f64x2.div
            (f64x2.sub (f64x2.mul (local.get $m) (local.get $across))
              (f64x2.mul (local.get $qt2) (local.get $rest)))
            (local.get $mt))
          (f64x2.eq (local.get $qt2) (v128.const f64x2 0 0))))
      (v128.store offset=49152 (local.get $at) (local.get $x))
      (local.set $x (v128.xor (f64x2.neg (f64x2.mul (local.get $p1) (local.get $y2))) (local.get $sign)))
      (v128.store offset=51200 (local.get $at) (local.get $x))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $next)))))
