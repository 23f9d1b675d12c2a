;; The rapidity and the azimuth of Collins and Soper of a block of pairs, from what pairs.wat leaves in its
;; memory. The logarithm and the arctangent are the polynomials of FreeBSD's msun (e_log.c, s_atan.c), within
;; 2e-15. $end is the number of bytes of one column that are to be done.
(module
  (import "pairs" "memory" (memory 1))

  ;; The argument of the logarithm, at least 1, lies where the rapidity goes.
  (func (export "angles") (param $end i32)
    (local $at i32)
    (local $u v128) (local $t v128) (local $k v128) (local $f v128) (local $s v128) (local $z v128)
    (local $r v128) (local $poly v128) (local $h v128) (local $x v128) (local $y v128)
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      ;; ln u = k ln 2 + ln(1 + f), 1 + f from sqrt(1/2) to sqrt(2).
      (local.set $u (v128.load offset=36864 (local.get $at)))
      (local.set $t (i64x2.add (local.get $u) (v128.const i64x2 2638147582215219 2638147582215219)))
      (local.set $k
        (f64x2.sub
          (v128.or (i64x2.shr_u (local.get $t) (i32.const 52))
            (v128.const i64x2 4841369599423283200 4841369599423283200))
          (v128.const f64x2 4503599627371519 4503599627371519)))
      (local.set $f
        (f64x2.sub
          (i64x2.add (v128.and (local.get $t) (v128.const i64x2 4503599627370495 4503599627370495))
            (v128.const i64x2 4604544271217802189 4604544271217802189))
          (v128.const f64x2 1 1)))
      (local.set $s (f64x2.div (local.get $f) (f64x2.add (v128.const f64x2 2 2) (local.get $f))))
      (local.set $z (f64x2.mul (local.get $s) (local.get $s)))
      (local.set $poly (v128.const f64x2 0.14798198605116586 0.14798198605116586))
      (local.set $poly (f64x2.add (v128.const f64x2 0.15313837699209373 0.15313837699209373)
        (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (v128.const f64x2 0.1818357216161805 0.1818357216161805)
        (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (v128.const f64x2 0.22222198432149784 0.22222198432149784)
        (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (v128.const f64x2 0.2857142874366239 0.2857142874366239)
        (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (v128.const f64x2 0.3999999999940942 0.3999999999940942)
        (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $poly (f64x2.add (v128.const f64x2 0.6666666666666735 0.6666666666666735)
        (f64x2.mul (local.get $z) (local.get $poly))))
      (local.set $r (f64x2.mul (local.get $z) (local.get $poly)))
      (local.set $h (f64x2.mul (f64x2.mul (v128.const f64x2 0.5 0.5) (local.get $f)) (local.get $f)))
      (local.set $r
        (f64x2.add
          (f64x2.add
            (f64x2.sub
              (f64x2.add
                (f64x2.mul (local.get $k) (v128.const f64x2 1.9082149292705877e-10 1.9082149292705877e-10))
                (f64x2.mul (local.get $s) (f64x2.add (local.get $h) (local.get $r))))
              (local.get $h))
            (local.get $f))
          (f64x2.mul (local.get $k) (v128.const f64x2 0.6931471803691238 0.6931471803691238))))
      ;; NaN and Infinity have no rapidity; (u - u) keeps them.
      (local.set $r (f64x2.add (local.get $r) (f64x2.sub (local.get $u) (local.get $u))))
      (v128.store offset=36864 (local.get $at)
        (v128.xor (local.get $r)
          (v128.and (f64x2.lt (v128.load offset=53248 (local.get $at)) (v128.const f64x2 0 0))
            (v128.const i64x2 9223372036854775808 9223372036854775808))))
      (local.set $x (v128.load offset=49152 (local.get $at)))
      (local.set $y (v128.load offset=51200 (local.get $at)))
      (local.set $f (f64x2.abs (local.get $x)))
      (local.set $s (f64x2.abs (local.get $y)))
      (local.set $u (f64x2.pmax (local.get $f) (local.get $s)))
      (local.set $k (f64x2.pmin (local.get $f) (local.get $s)))
      ;; Past tan(pi/8) of the way: atan a/b = pi/4 + atan (a - b)/(a + b).
      (local.set $t
        (f64x2.gt (local.get $k)
          (f64x2.mul (v128.const f64x2 0.41421356237309503 0.41421356237309503) (local.get $u))))
      (local.set $z
        (f64x2.div (v128.bitselect (f64x2.sub (local.get $k) (local.get $u)) (local.get $k) (local.get $t))
          (v128.bitselect (f64x2.add (local.get $k) (local.get $u)) (local.get $u) (local.get $t))))
      (local.set $z
        (v128.bitselect (v128.const f64x2 0 0) (local.get $z)
          (f64x2.eq (local.get $u) (v128.const f64x2 0 0))))
      (local.set $r (f64x2.mul (local.get $z) (local.get $z)))
      (local.set $poly (v128.const f64x2 0.016285820115365782 0.016285820115365782))
      (local.set $poly (f64x2.add (v128.const f64x2 -0.036531572744216916 -0.036531572744216916)
        (f64x2.mul (local.get $r) (local.get $poly))))
      (local.set $poly (f64x2.add (v128.const f64x2 0.049768779946159324 0.049768779946159324)
        (f64x2.mul (local.get $r) (local.get $poly))))
      (local.set $poly (f64x2.add (v128.const f64x2 -0.058335701337905735 -0.058335701337905735)
        (f64x2.mul (local.get $r) (local.get $poly))))
      (local.set $poly (f64x2.add (v128.const f64x2 0.06661073137387531 0.06661073137387531)
        (f64x2.mul (local.get $r) (local.get $poly))))
      (local.set $poly (f64x2.add (v128.const f64x2 -0.0769187620504483 -0.0769187620504483)
        (f64x2.mul (local.get $r) (local.get $poly))))
      (local.set $poly (f64x2.add (v128.const f64x2 0.09090887133436507 0.09090887133436507)
        (f64x2.mul (local.get $r) (local.get $poly))))
      (local.set $poly (f64x2.add (v128.const f64x2 -0.11111110405462356 -0.11111110405462356)
        (f64x2.mul (local.get $r) (local.get $poly))))
      (local.set $poly (f64x2.add (v128.const f64x2 0.14285714272503466 0.14285714272503466)
        (f64x2.mul (local.get $r) (local.get $poly))))
      (local.set $poly (f64x2.add (v128.const f64x2 -0.19999999999876483 -0.19999999999876483)
        (f64x2.mul (local.get $r) (local.get $poly))))
      (local.set $poly (f64x2.add (v128.const f64x2 0.3333333333333293 0.3333333333333293)
        (f64x2.mul (local.get $r) (local.get $poly))))
      (local.set $h
        (f64x2.sub (local.get $z) (f64x2.mul (f64x2.mul (local.get $z) (local.get $r)) (local.get $poly))))
      (local.set $h
        (f64x2.add (local.get $h)
          (v128.and (local.get $t) (v128.const f64x2 0.7853981633974483 0.7853981633974483))))
      (local.set $h
        (v128.bitselect (f64x2.sub (v128.const f64x2 1.5707963267948966 1.5707963267948966) (local.get $h))
          (local.get $h)
          (f64x2.gt (local.get $s) (local.get $f))))
      (local.set $h
        (v128.bitselect (f64x2.sub (v128.const f64x2 3.141592653589793 3.141592653589793) (local.get $h))
          (local.get $h)
          (f64x2.lt (local.get $x) (v128.const f64x2 0 0))))
      (v128.store offset=45056 (local.get $at)
        (v128.or (local.get $h)
          (v128.and (local.get $y) (v128.const i64x2 9223372036854775808 9223372036854775808))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $next)))))
