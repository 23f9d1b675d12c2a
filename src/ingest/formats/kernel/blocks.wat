;; Blocks of LZ4 and Snappy.
;;
;; Every region that a caller gives has 32 bytes of slack behind it, which whole vectors may be read from and written
;; to. -1 says that the input is damaged; nothing outside of the regions and their slack is ever touched, whatever
;; the input is.
(module
  (memory (export "memory") 1)

  ;; Copies $n bytes between regions, in whole vectors.
  (func $copy (param $s i32) (param $d i32) (param $n i32)
    (local $end i32)
    (if (i32.gt_u (local.get $n) (i32.const 256)) (then
      (memory.copy (local.get $d) (local.get $s) (local.get $n))
      (return)))
    (local.set $end (i32.add (local.get $d) (local.get $n)))
    (loop $next
      (v128.store (local.get $d) (v128.load (local.get $s)))
      (local.set $s (i32.add (local.get $s) (i32.const 16)))
      (local.set $d (i32.add (local.get $d) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $d) (local.get $end)))))

  ;; Repeats what stands $back bytes before $d, for $n bytes.
  (func $repeat (param $d i32) (param $back i32) (param $n i32)
    (local $s i32) (local $k i32) (local $end i32)
    (local.set $s (i32.sub (local.get $d) (local.get $back)))
    (local.set $end (i32.add (local.get $d) (local.get $n)))
    (if (i32.ge_u (local.get $back) (i32.const 16)) (then
      (loop $next
        (v128.store (local.get $d) (v128.load (local.get $s)))
        (local.set $s (i32.add (local.get $s) (i32.const 16)))
        (local.set $d (i32.add (local.get $d) (i32.const 16)))
        (br_if $next (i32.lt_u (local.get $d) (local.get $end))))
      (return)))
    (if (i32.ge_u (local.get $back) (i32.const 8)) (then
      (loop $next
        (i64.store (local.get $d) (i64.load (local.get $s)))
        (local.set $s (i32.add (local.get $s) (i32.const 8)))
        (local.set $d (i32.add (local.get $d) (i32.const 8)))
        (br_if $next (i32.lt_u (local.get $d) (local.get $end))))
      (return)))
    (if (i32.le_u (local.get $n) (i32.const 32)) (then
      (loop $next
        (i32.store8 (local.get $d) (i32.load8_u (local.get $s)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (local.set $d (i32.add (local.get $d) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $d) (local.get $end))))
      (return)))
    ;; A long run of a short pattern: what is there already doubles each time.
    (loop $next
      (local.set $k (i32.sub (local.get $d) (local.get $s)))
      (if (i32.gt_u (local.get $k) (i32.sub (local.get $end) (local.get $d)))
        (then (local.set $k (i32.sub (local.get $end) (local.get $d)))))
      (memory.copy (local.get $d) (local.get $s) (local.get $k))
      (local.set $d (i32.add (local.get $d) (local.get $k)))
      (br_if $next (i32.lt_u (local.get $d) (local.get $end)))))

  ;; An LZ4 block from $s to $sEnd into $d to $dEnd; gives the bytes made (lz4_Block_format.md).
  (func (export "lz4") (param $s i32) (param $sEnd i32) (param $d i32) (param $dEnd i32) (result i32)
    (local $start i32) (local $token i32) (local $n i32) (local $b i32) (local $back i32)
    (local.set $start (local.get $d))
    (loop $sequence
      (if (i32.ge_u (local.get $s) (local.get $sEnd)) (then (return (i32.const -1))))
      (local.set $token (i32.load8_u (local.get $s)))
      (local.set $s (i32.add (local.get $s) (i32.const 1)))
      (local.set $n (i32.shr_u (local.get $token) (i32.const 4)))
      (if (i32.eq (local.get $n) (i32.const 15)) (then (loop $more
        (if (i32.ge_u (local.get $s) (local.get $sEnd)) (then (return (i32.const -1))))
        (local.set $b (i32.load8_u (local.get $s)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (local.set $n (i32.add (local.get $n) (local.get $b)))
        (if (i32.gt_u (local.get $n) (i32.sub (local.get $dEnd) (local.get $d))) (then (return (i32.const -1))))
        (br_if $more (i32.eq (local.get $b) (i32.const 255))))))
      (if (i32.gt_u (local.get $n) (i32.sub (local.get $dEnd) (local.get $d))) (then (return (i32.const -1))))
      (if (i32.gt_u (local.get $n) (i32.sub (local.get $sEnd) (local.get $s))) (then (return (i32.const -1))))
      (if (local.get $n) (then (call $copy (local.get $s) (local.get $d) (local.get $n))))
      (local.set $s (i32.add (local.get $s) (local.get $n)))
      (local.set $d (i32.add (local.get $d) (local.get $n)))
      ;; The last sequence has literals only.
      (if (i32.eq (local.get $s) (local.get $sEnd)) (then (return (i32.sub (local.get $d) (local.get $start)))))
      (if (i32.lt_u (i32.sub (local.get $sEnd) (local.get $s)) (i32.const 2)) (then (return (i32.const -1))))
      (local.set $back (i32.load16_u (local.get $s)))
      (local.set $s (i32.add (local.get $s) (i32.const 2)))
      (if (i32.or (i32.eqz (local.get $back))
            (i32.gt_u (local.get $back) (i32.sub (local.get $d) (local.get $start))))
        (then (return (i32.const -1))))
      (local.set $n (i32.add (i32.and (local.get $token) (i32.const 15)) (i32.const 4)))
      (if (i32.eq (local.get $n) (i32.const 19)) (then (loop $more
        (if (i32.ge_u (local.get $s) (local.get $sEnd)) (then (return (i32.const -1))))
        (local.set $b (i32.load8_u (local.get $s)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (local.set $n (i32.add (local.get $n) (local.get $b)))
        (if (i32.gt_u (local.get $n) (i32.sub (local.get $dEnd) (local.get $d))) (then (return (i32.const -1))))
        (br_if $more (i32.eq (local.get $b) (i32.const 255))))))
      (if (i32.gt_u (local.get $n) (i32.sub (local.get $dEnd) (local.get $d))) (then (return (i32.const -1))))
      (call $repeat (local.get $d) (local.get $back) (local.get $n))
      (local.set $d (i32.add (local.get $d) (local.get $n)))
      (br $sequence))
    (unreachable))

  ;; A Snappy block from $s to $sEnd into $d to $dEnd; gives the bytes made (google/snappy, format_description.txt).
  (func (export "snappy") (param $s i32) (param $sEnd i32) (param $d i32) (param $dEnd i32) (result i32)
    (local $start i32) (local $tag i32) (local $n i32) (local $k i32) (local $back i32)
    (local.set $start (local.get $d))
    ;; The length in front, at most five bytes, must be that of the region.
    (loop $more
      (if (i32.ge_u (local.get $s) (local.get $sEnd)) (then (return (i32.const -1))))
      (local.set $tag (i32.load8_u (local.get $s)))
      (local.set $s (i32.add (local.get $s) (i32.const 1)))
      (if (i32.gt_u (local.get $k) (i32.const 28)) (then (return (i32.const -1))))
      (local.set $n (i32.or (local.get $n)
        (i32.shl (i32.and (local.get $tag) (i32.const 127)) (local.get $k))))
      (local.set $k (i32.add (local.get $k) (i32.const 7)))
      (br_if $more (i32.ge_u (local.get $tag) (i32.const 128))))
    (if (i32.ne (local.get $n) (i32.sub (local.get $dEnd) (local.get $d))) (then (return (i32.const -1))))
    (block $done (loop $element
      (br_if $done (i32.ge_u (local.get $s) (local.get $sEnd)))
      (local.set $tag (i32.load8_u (local.get $s)))
      (local.set $s (i32.add (local.get $s) (i32.const 1)))
      (local.set $n (i32.add (i32.shr_u (local.get $tag) (i32.const 2)) (i32.const 1)))
      (if (i32.eqz (i32.and (local.get $tag) (i32.const 3)))
        (then
          (if (i32.gt_u (local.get $n) (i32.const 60)) (then
            (local.set $k (i32.sub (local.get $n) (i32.const 60)))
            (if (i32.gt_u (local.get $k) (i32.sub (local.get $sEnd) (local.get $s))) (then (return (i32.const -1))))
            (local.set $n (i32.add (i32.const 1) (i32.and (i32.load (local.get $s))
              (i32.shr_u (i32.const -1) (i32.sub (i32.const 32) (i32.shl (local.get $k) (i32.const 3)))))))
            (local.set $s (i32.add (local.get $s) (local.get $k)))))
          (if (i32.eqz (local.get $n)) (then (return (i32.const -1))))
          (if (i32.gt_u (local.get $n) (i32.sub (local.get $sEnd) (local.get $s))) (then (return (i32.const -1))))
          (if (i32.gt_u (local.get $n) (i32.sub (local.get $dEnd) (local.get $d))) (then (return (i32.const -1))))
          (call $copy (local.get $s) (local.get $d) (local.get $n))
          (local.set $s (i32.add (local.get $s) (local.get $n))))
        (else
          (local.set $k (i32.and (local.get $tag) (i32.const 3)))
          ;; One, two or four bytes of distance.
          (if (i32.eq (local.get $k) (i32.const 3)) (then (local.set $k (i32.const 4))))
          (if (i32.gt_u (local.get $k) (i32.sub (local.get $sEnd) (local.get $s))) (then (return (i32.const -1))))
          (if (i32.eq (local.get $k) (i32.const 1))
            (then
              (local.set $n (i32.add (i32.and (i32.shr_u (local.get $tag) (i32.const 2)) (i32.const 7)) (i32.const 4)))
              (local.set $back (i32.or (i32.load8_u (local.get $s))
                (i32.shl (i32.shr_u (local.get $tag) (i32.const 5)) (i32.const 8)))))
            (else (if (i32.eq (local.get $k) (i32.const 2))
              (then (local.set $back (i32.load16_u (local.get $s))))
              (else (local.set $back (i32.load (local.get $s)))))))
          (local.set $s (i32.add (local.get $s) (local.get $k)))
          (if (i32.or (i32.eqz (local.get $back))
                (i32.gt_u (local.get $back) (i32.sub (local.get $d) (local.get $start))))
            (then (return (i32.const -1))))
          (if (i32.gt_u (local.get $n) (i32.sub (local.get $dEnd) (local.get $d))) (then (return (i32.const -1))))
          (call $repeat (local.get $d) (local.get $back) (local.get $n))))
      (local.set $d (i32.add (local.get $d) (local.get $n)))
      (br $element)))
    (i32.sub (local.get $d) (local.get $start)))
)
