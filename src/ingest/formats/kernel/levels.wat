;; Levels and indices of Parquet. Regions have slack and answers say damage as in blocks.wat.
(module
  (import "blocks" "memory" (memory 1))

  ;; 16 levels of one bit.
  (func $ones (param $bits i32) (result v128)
    (v128.and (v128.const i8x16 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1)
      (i8x16.eq
        (v128.const i8x16 1 2 4 8 16 32 64 -128 1 2 4 8 16 32 64 -128)
        (v128.and (v128.const i8x16 1 2 4 8 16 32 64 -128 1 2 4 8 16 32 64 -128)
          (i8x16.swizzle (i32x4.splat (local.get $bits)) (v128.const i8x16 0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1))))))

  ;; 16 levels of two bits.
  (func $twos (param $bits i32) (result v128)
    (local $v v128)
    (local.set $v (i8x16.swizzle (i32x4.splat (local.get $bits)) (v128.const i8x16 0 0 0 0 1 1 1 1 2 2 2 2 3 3 3 3)))
    (v128.or
      (v128.and (v128.const i8x16 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1)
        (i8x16.eq (v128.const i8x16 1 4 16 64 1 4 16 64 1 4 16 64 1 4 16 64)
          (v128.and (local.get $v) (v128.const i8x16 1 4 16 64 1 4 16 64 1 4 16 64 1 4 16 64))))
      (v128.and (v128.const i8x16 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2)
        (i8x16.eq (v128.const i8x16 2 8 32 -128 2 8 32 -128 2 8 32 -128 2 8 32 -128)
          (v128.and (local.get $v) (v128.const i8x16 2 8 32 -128 2 8 32 -128 2 8 32 -128 2 8 32 -128))))))

  ;; $n bit-packed values of $width bits (1 to 32) at $s, as bytes or as 32-bit integers at $out.
  (func $unpack (param $s i32) (param $width i32) (param $n i32) (param $out i32) (param $wide i32)
    (local $end i32) (local $bit i32) (local $mask i64)
    (local.set $mask (i64.shr_u (i64.const -1) (i64.extend_i32_u (i32.sub (i32.const 64) (local.get $width)))))
    (if (local.get $wide) (then
      (local.set $end (i32.add (local.get $out) (i32.shl (local.get $n) (i32.const 2))))
      (loop $next
        (i32.store (local.get $out) (i32.wrap_i64 (i64.and (local.get $mask) (i64.shr_u
          (i64.load (i32.add (local.get $s) (i32.shr_u (local.get $bit) (i32.const 3))))
          (i64.extend_i32_u (i32.and (local.get $bit) (i32.const 7)))))))
        (local.set $bit (i32.add (local.get $bit) (local.get $width)))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (br_if $next (i32.lt_u (local.get $out) (local.get $end))))
      (return)))
    (local.set $end (i32.add (local.get $out) (local.get $n)))
    (if (i32.eq (local.get $width) (i32.const 1)) (then
      (loop $next
        (v128.store (local.get $out) (call $ones (i32.load16_u (local.get $s))))
        (local.set $s (i32.add (local.get $s) (i32.const 2)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (br_if $next (i32.lt_u (local.get $out) (local.get $end))))
      (return)))
    (if (i32.eq (local.get $width) (i32.const 2)) (then
      (loop $next
        (v128.store (local.get $out) (call $twos (i32.load (local.get $s))))
        (local.set $s (i32.add (local.get $s) (i32.const 4)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (br_if $next (i32.lt_u (local.get $out) (local.get $end))))
      (return)))
    (loop $next
      (i32.store8 (local.get $out) (i32.wrap_i64 (i64.and (local.get $mask) (i64.shr_u
        (i64.load (i32.add (local.get $s) (i32.shr_u (local.get $bit) (i32.const 3))))
        (i64.extend_i32_u (i32.and (local.get $bit) (i32.const 7)))))))
      (local.set $bit (i32.add (local.get $bit) (local.get $width)))
      (local.set $out (i32.add (local.get $out) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $out) (local.get $end)))))

  ;; $n times $value.
  (func $fill (param $value i32) (param $n i32) (param $out i32) (param $wide i32)
    (local $end i32)
    (if (i32.eqz (local.get $wide)) (then
      (memory.fill (local.get $out) (local.get $value) (local.get $n))
      (return)))
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (v128.store (local.get $out) (i32x4.splat (local.get $value)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $out) (local.get $end)))))

  ;; Parquet's hybrid of runs and bit-packed groups from $s to $end: $count values of $width bits (1 to 32) at $out,
  ;; as bytes, or as 32-bit integers if $wide. 0, or -1 where the input is cut (Encodings.md). A run's value may
  ;; have more bits than $width.
  (func (export "hybrid") (param $s i32) (param $end i32) (param $width i32) (param $count i32) (param $out i32)
    (param $wide i32) (result i32)
    (local $head i32) (local $shift i32) (local $b i32) (local $n i32) (local $bytes i32) (local $groups i32)
    (local.set $bytes (i32.shr_u (i32.add (local.get $width) (i32.const 7)) (i32.const 3)))
    (block $done (loop $run
      (br_if $done (i32.eqz (local.get $count)))
      (local.set $head (i32.const 0))
      (local.set $shift (i32.const 0))
      (loop $more
        (if (i32.ge_u (local.get $s) (local.get $end)) (then (return (i32.const -1))))
        (if (i32.gt_u (local.get $shift) (i32.const 28)) (then (return (i32.const -1))))
        (local.set $b (i32.load8_u (local.get $s)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (local.set $head (i32.or (local.get $head) (i32.shl (i32.and (local.get $b) (i32.const 127)) (local.get $shift))))
        (local.set $shift (i32.add (local.get $shift) (i32.const 7)))
        (br_if $more (i32.ge_u (local.get $b) (i32.const 128))))
      (local.set $n (i32.shr_u (local.get $head) (i32.const 1)))
      (if (i32.eqz (local.get $n)) (then
        (br_if $run (i32.and (local.get $head) (i32.const 1)))
        (return (i32.const -1))))
      (if (i32.and (local.get $head) (i32.const 1))
        (then
          ;; Groups of eight; those beyond $count are not looked at, and writers may leave the last one short.
          (local.set $groups (i32.shr_u (i32.add (local.get $count) (i32.const 7)) (i32.const 3)))
          (if (i32.lt_u (local.get $n) (local.get $groups)) (then (local.set $groups (local.get $n))))
          (local.set $n (i32.shl (local.get $groups) (i32.const 3)))
          (if (i32.gt_u (local.get $n) (local.get $count)) (then (local.set $n (local.get $count))))
          (if (i64.gt_u
                (i64.shr_u (i64.add (i64.mul (i64.extend_i32_u (local.get $n)) (i64.extend_i32_u (local.get $width)))
                  (i64.const 7)) (i64.const 3))
                (i64.extend_i32_u (i32.sub (local.get $end) (local.get $s))))
            (then (return (i32.const -1))))
          (call $unpack (local.get $s) (local.get $width) (local.get $n) (local.get $out) (local.get $wide))
          (local.set $s (i32.add (local.get $s) (i32.mul (local.get $groups) (local.get $width))))
          (if (i32.gt_u (local.get $s) (local.get $end)) (then (local.set $s (local.get $end)))))
        (else
          (if (i32.gt_u (local.get $bytes) (i32.sub (local.get $end) (local.get $s))) (then (return (i32.const -1))))
          (if (i32.gt_u (local.get $n) (local.get $count)) (then (local.set $n (local.get $count))))
          (call $fill
            (i32.and (i32.load (local.get $s))
              (i32.shr_u (i32.const -1) (i32.sub (i32.const 32) (i32.shl (local.get $bytes) (i32.const 3)))))
            (local.get $n) (local.get $out) (local.get $wide))
          (local.set $s (i32.add (local.get $s) (local.get $bytes)))))
      (local.set $out (i32.add (local.get $out)
        (select (i32.shl (local.get $n) (i32.const 2)) (local.get $n) (local.get $wide))))
      (local.set $count (i32.sub (local.get $count) (local.get $n)))
      (br $run)))
    (i32.const 0))

  ;; The largest of $n unsigned 32-bit integers; what stands in the slack behind them is overwritten.
  (func (export "largest") (param $at i32) (param $n i32) (result i32)
    (local $end i32) (local $v v128)
    (local.set $end (i32.add (local.get $at) (i32.shl (local.get $n) (i32.const 2))))
    (v128.store (local.get $end) (v128.const i64x2 0 0))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $v (i32x4.max_u (local.get $v) (v128.load (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $next)))
    (local.set $v (i32x4.max_u (local.get $v) (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $v) (local.get $v))))
    (local.set $v (i32x4.max_u (local.get $v) (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get $v) (local.get $v))))
    (i32x4.extract_lane 0 (local.get $v)))

  ;; The values of $n indices into a dictionary of values of 4 bytes. The indices are known to be inside, and `largest`
  ;; left a 0 behind them.
  (func (export "gather4") (param $index i32) (param $n i32) (param $dictionary i32) (param $out i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $n) (i32.const 2))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $out) (local.get $end)))
      (i32.store (local.get $out) (i32.load (i32.add (local.get $dictionary)
        (i32.shl (i32.load (local.get $index)) (i32.const 2)))))
      (i32.store offset=4 (local.get $out) (i32.load (i32.add (local.get $dictionary)
        (i32.shl (i32.load offset=4 (local.get $index)) (i32.const 2)))))
      (local.set $index (i32.add (local.get $index) (i32.const 8)))
      (local.set $out (i32.add (local.get $out) (i32.const 8)))
      (br $next))))

  ;; How many of $n levels are at least $least; what stands in the slack behind them is overwritten.
  (func (export "count") (param $at i32) (param $n i32) (param $least i32) (result i32)
    (local $end i32) (local $sum i32) (local $v v128)
    (local.set $end (i32.add (local.get $at) (local.get $n)))
    (v128.store (local.get $end) (v128.const i64x2 0 0))
    (if (i32.eqz (local.get $least)) (then (return (local.get $n))))
    (local.set $v (i8x16.splat (local.get $least)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $sum (i32.add (local.get $sum)
        (i32.popcnt (i8x16.bitmask (i8x16.ge_u (v128.load (local.get $at)) (local.get $v))))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $next)))
    (local.get $sum))

  ;; Rows of $n entries of a list column: an entry of repetition level 0 begins a row, one of definition level at
  ;; least $least ($def 0: any) is an item. offsets[r] is the number of items before row r and offsets[rows] that of
  ;; all; offsets[0] items go on with a row that began before. Gives the rows. There is room for $n + 1 offsets.
  (func (export "lists") (param $rep i32) (param $def i32) (param $n i32) (param $least i32) (param $offsets i32)
    (result i32)
    (local $end i32) (local $to i32) (local $items i32)
    (local.set $to (local.get $offsets))
    (local.set $end (i32.add (local.get $rep) (local.get $n)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $rep) (local.get $end)))
      (i32.store (local.get $to) (local.get $items))
      (local.set $to (i32.add (local.get $to) (i32.shl (i32.eqz (i32.load8_u (local.get $rep))) (i32.const 2))))
      (if (local.get $def)
        (then
          (local.set $items (i32.add (local.get $items)
            (i32.ge_u (i32.load8_u (local.get $def)) (local.get $least))))
          (local.set $def (i32.add (local.get $def) (i32.const 1))))
        (else (local.set $items (i32.add (local.get $items) (i32.const 1)))))
      (local.set $rep (i32.add (local.get $rep) (i32.const 1)))
      (br $next)))
    (i32.store (local.get $to) (local.get $items))
    (i32.shr_u (i32.sub (local.get $to) (local.get $offsets)) (i32.const 2)))

  ;; For each of $n entries that is an item, whether it has a value (level $max), as a byte. There is room for $n.
  (func (export "present") (param $def i32) (param $n i32) (param $least i32) (param $max i32) (param $out i32)
    (local $end i32) (local $level i32)
    (local.set $end (i32.add (local.get $def) (local.get $n)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $def) (local.get $end)))
      (local.set $level (i32.load8_u (local.get $def)))
      (i32.store8 (local.get $out) (i32.eq (local.get $level) (local.get $max)))
      (local.set $out (i32.add (local.get $out) (i32.ge_u (local.get $level) (local.get $least))))
      (local.set $def (i32.add (local.get $def) (i32.const 1)))
      (br $next))))
)
