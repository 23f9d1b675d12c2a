;; Brings the leptons of a block of pairs together, into the memory of pairs.wat.
;;
;; From byte 57344 on lie the indices of the first leptons (256), then those of the second; from byte 65536 on
;; four windows of 8192 bytes: pt, eta, phi and mass of the leptons from the least index on, as they are in
;; the columns, doubles or floats. $end is the number of bytes of a column of doubles that are to be done.
(module
  (import "pairs" "memory" (memory 2))

  ;; The least and the largest of $count indices of either lepton go to bytes 57336 and 57340. Unsigned, so
  ;; that -1 is large.
  (func (export "range") (param $count i32)
    (local $at i32) (local $end i32) (local $i i32) (local $least i32) (local $most i32)
    (local.set $least (i32.const -1))
    (local.set $end (i32.shl (local.get $count) (i32.const 2)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $i (i32.load offset=57344 (local.get $at)))
      (local.set $least
        (select (local.get $i) (local.get $least) (i32.lt_u (local.get $i) (local.get $least))))
      (local.set $most
        (select (local.get $i) (local.get $most) (i32.gt_u (local.get $i) (local.get $most))))
      (local.set $i (i32.load offset=58368 (local.get $at)))
      (local.set $least
        (select (local.get $i) (local.get $least) (i32.lt_u (local.get $i) (local.get $least))))
      (local.set $most
        (select (local.get $i) (local.get $most) (i32.gt_u (local.get $i) (local.get $most))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br $next)))
    (i32.store offset=57336 (i32.const 0) (local.get $least))
    (i32.store offset=57340 (i32.const 0) (local.get $most)))

  ;; From columns of doubles.
  (func (export "doubles") (param $end i32) (param $least i32)
    (local $at i32) (local $from i32) (local $i i32) (local $j i32)
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $i
        (i32.shl (i32.sub (i32.load offset=57344 (local.get $from)) (local.get $least)) (i32.const 3)))
      (local.set $j
        (i32.shl (i32.sub (i32.load offset=57348 (local.get $from)) (local.get $least)) (i32.const 3)))
      (v128.store offset=0 (local.get $at)
        (v128.load64_lane offset=65536 1 (local.get $j) (v128.load64_zero offset=65536 (local.get $i))))
      (v128.store offset=4096 (local.get $at)
        (v128.load64_lane offset=73728 1 (local.get $j) (v128.load64_zero offset=73728 (local.get $i))))
      (v128.store offset=8192 (local.get $at)
        (v128.load64_lane offset=81920 1 (local.get $j) (v128.load64_zero offset=81920 (local.get $i))))
      (v128.store offset=12288 (local.get $at)
        (v128.load64_lane offset=90112 1 (local.get $j) (v128.load64_zero offset=90112 (local.get $i))))
      (local.set $i
        (i32.shl (i32.sub (i32.load offset=58368 (local.get $from)) (local.get $least)) (i32.const 3)))
      (local.set $j
        (i32.shl (i32.sub (i32.load offset=58372 (local.get $from)) (local.get $least)) (i32.const 3)))
      (v128.store offset=2048 (local.get $at)
        (v128.load64_lane offset=65536 1 (local.get $j) (v128.load64_zero offset=65536 (local.get $i))))
      (v128.store offset=6144 (local.get $at)
        (v128.load64_lane offset=73728 1 (local.get $j) (v128.load64_zero offset=73728 (local.get $i))))
      (v128.store offset=10240 (local.get $at)
        (v128.load64_lane offset=81920 1 (local.get $j) (v128.load64_zero offset=81920 (local.get $i))))
      (v128.store offset=14336 (local.get $at)
        (v128.load64_lane offset=90112 1 (local.get $j) (v128.load64_zero offset=90112 (local.get $i))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))
      (br $next))))

  ;; From columns of floats.
  (func (export "floats") (param $end i32) (param $least i32)
    (local $at i32) (local $from i32) (local $i i32) (local $j i32)
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $i
        (i32.shl (i32.sub (i32.load offset=57344 (local.get $from)) (local.get $least)) (i32.const 2)))
      (local.set $j
        (i32.shl (i32.sub (i32.load offset=57348 (local.get $from)) (local.get $least)) (i32.const 2)))
      (v128.store offset=0 (local.get $at)
        (f64x2.promote_low_f32x4
          (v128.load32_lane offset=65536 1 (local.get $j) (v128.load32_zero offset=65536 (local.get $i)))))
      (v128.store offset=4096 (local.get $at)
        (f64x2.promote_low_f32x4
          (v128.load32_lane offset=73728 1 (local.get $j) (v128.load32_zero offset=73728 (local.get $i)))))
      (v128.store offset=8192 (local.get $at)
        (f64x2.promote_low_f32x4
          (v128.load32_lane offset=81920 1 (local.get $j) (v128.load32_zero offset=81920 (local.get $i)))))
      (v128.store offset=12288 (local.get $at)
        (f64x2.promote_low_f32x4
          (v128.load32_lane offset=90112 1 (local.get $j) (v128.load32_zero offset=90112 (local.get $i)))))
      (local.set $i
        (i32.shl (i32.sub (i32.load offset=58368 (local.get $from)) (local.get $least)) (i32.const 2)))
      (local.set $j
        (i32.shl (i32.sub (i32.load offset=58372 (local.get $from)) (local.get $least)) (i32.const 2)))
      (v128.store offset=2048 (local.get $at)
        (f64x2.promote_low_f32x4
          (v128.load32_lane offset=65536 1 (local.get $j) (v128.load32_zero offset=65536 (local.get $i)))))
      (v128.store offset=6144 (local.get $at)
        (f64x2.promote_low_f32x4
          (v128.load32_lane offset=73728 1 (local.get $j) (v128.load32_zero offset=73728 (local.get $i)))))
      (v128.store offset=10240 (local.get $at)
        (f64x2.promote_low_f32x4
          (v128.load32_lane offset=81920 1 (local.get $j) (v128.load32_zero offset=81920 (local.get $i)))))
      (v128.store offset=14336 (local.get $at)
        (f64x2.promote_low_f32x4
          (v128.load32_lane offset=90112 1 (local.get $j) (v128.load32_zero offset=90112 (local.get $i)))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))
      (br $next)))))
