;; Where the slots of tiled.wat are: sorted by tiles of rapidity and azimuth.
;;
;; Tiles are at least R wide, so what is within R of a slot lies in its tile or in one beside it. They follow each
;; other row after row of rapidity, so that those beside each other in azimuth follow each other too, but for the
;; seam. Behind the slots of tiles stand at most 32 guests, which belong to any tile.
(module
  (import "nodes" "memory" (memory 1))
  (import "nodes" "clear" (func $clear (param i32)))
  (import "nodes" "rap" (global $rap (mut i32))) (import "nodes" "phi" (global $phi (mut i32)))
  (import "nodes" "id" (global $id (mut i32)))

  ;; Byte addresses: a spare copy of the slot arrays; where tiles begin, with one more at the end; pairs of slots
  ;; between which to look. Behind id there is one slot array left free, for the bounds of blocks.
  (global $spare (mut i32) (i32.const 0)) (global $tile (mut i32) (i32.const 0))
  (global $ranges (export "ranges") (mut i32) (i32.const 0))
  ;; Bytes from one slot array to the next: they follow each other as rap, phi, mom, best, id.
  (global $stride (export "stride") (mut i32) (i32.const 0))
  ;; Slots in tiles, and with the guests.
  (global $size (export "size") (mut i32) (i32.const 0)) (global $top (export "top") (mut i32) (i32.const 0))
  ;; Rows and columns of tiles and how many there are a unit.
  (global $rows (mut i32) (i32.const 0)) (global $cols (mut i32) (i32.const 0))
  (global $perY (mut f64) (f64.const 0)) (global $perPhi (mut f64) (f64.const 0))

  ;; Divides the work space and the plane for jets of a radius of at most 2.
  (func $layOut (export "layOut") (param $radius f64)
    (global.set $stride (i32.sub (global.get $phi) (global.get $rap)))
    (global.set $spare (i32.add (global.get $id) (i32.shl (global.get $stride) (i32.const 1))))
    (global.set $ranges (i32.add (global.get $spare) (i32.mul (global.get $stride) (i32.const 5))))
    (global.set $tile (i32.add (global.get $ranges) (i32.const 64)))
    ;; A little wider than R, so that rounding puts no pair within R too far apart.
    (local.set $radius (f64.mul (local.get $radius) (f64.const 1.000001)))
    (global.set $rows (i32.trunc_sat_f64_s (f64.min (f64.const 128) (f64.div (f64.const 20) (local.get $radius)))))
    (global.set $cols (i32.trunc_sat_f64_s (f64.min (f64.const 64)
      (f64.div (f64.const 6.283185307179586) (local.get $radius)))))
    (global.set $perY (f64.div (f64.convert_i32_s (global.get $rows)) (f64.const 20)))
    (global.set $perPhi (f64.div (f64.convert_i32_s (global.get $cols)) (f64.const 6.283185307179586))))

  ;; Rows of |y| < 10; the outermost take all that is beyond.
  (func $row (param $r f64) (result i32)
    (i32.trunc_sat_f64_s (f64.max (f64.const 0) (f64.min
      (f64.convert_i32_s (i32.sub (global.get $rows) (i32.const 1)))
      (f64.mul (f64.add (local.get $r) (f64.const 10)) (global.get $perY))))))

  (func $col (param $f f64) (result i32)
    (i32.trunc_sat_f64_s (f64.max (f64.const 0) (f64.min
      (f64.convert_i32_s (i32.sub (global.get $cols) (i32.const 1)))
      (f64.mul (f64.add (local.get $f) (f64.const 3.141592653589793)) (global.get $perPhi))))))

  ;; The address of the first slot of the tile of slot $i; that of the next tile follows.
  (func $tileOf (export "tileOf") (param $i i32) (result i32)
    (local.set $i (i32.add (global.get $rap) (i32.shl (local.get $i) (i32.const 3))))
    (i32.add (global.get $tile) (i32.shl (i32.add
      (i32.mul (call $row (f64.load (local.get $i))) (global.get $cols))
      (call $col (f64.load (i32.add (local.get $i) (global.get $stride))))) (i32.const 2))))

  ;; Moves slot $i to $to, which may be in the spare arrays: $off bytes further.
  (func $move (export "move") (param $i i32) (param $to i32) (param $off i32)
    (local $k i32)
    (i32.store (i32.add (i32.add (global.get $id) (local.get $off)) (i32.shl (local.get $to) (i32.const 2)))
      (i32.load (i32.add (global.get $id) (i32.shl (local.get $i) (i32.const 2)))))
    (local.set $i (i32.add (global.get $rap) (i32.shl (local.get $i) (i32.const 3))))
    (local.set $to (i32.add (i32.add (global.get $rap) (local.get $off)) (i32.shl (local.get $to) (i32.const 3))))
    (loop $next
      (f64.store (local.get $to) (f64.load (local.get $i)))
      (local.set $i (i32.add (local.get $i) (global.get $stride)))
      (local.set $to (i32.add (local.get $to) (global.get $stride)))
      (local.set $k (i32.add (local.get $k) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $k) (i32.const 4)))))

  ;; Sorts the slots in use by tile; no guests are left.
  (func $sort (export "sort")
    (local $i i32) (local $at i32) (local $to i32) (local $sum i32) (local $end i32)
    (memory.fill (global.get $tile) (i32.const 0)
      (i32.shl (i32.add (i32.mul (global.get $rows) (global.get $cols)) (i32.const 2)) (i32.const 2)))
    (block $counted (loop $next
      (br_if $counted (i32.ge_u (local.get $i) (global.get $top)))
      (if (f64.ne (f64.load (i32.add (global.get $rap) (i32.shl (local.get $i) (i32.const 3)))) (f64.const -1e160)) (then
        (local.set $at (call $tileOf (local.get $i)))
        (i32.store offset=8 (local.get $at) (i32.add (i32.load offset=8 (local.get $at)) (i32.const 1)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    ;; tile[t + 1] becomes the first slot of tile t, and while slots are moved its end: the first slot of tile t + 1.
    (local.set $at (global.get $tile))
    (local.set $end (i32.add (local.get $at)
      (i32.shl (i32.add (i32.mul (global.get $rows) (global.get $cols)) (i32.const 1)) (i32.const 2))))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $at))))
      (i32.store offset=4 (local.get $at) (local.get $sum))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (local.set $i (i32.const 0))
    (block $moved (loop $next
      (br_if $moved (i32.ge_u (local.get $i) (global.get $top)))
      (if (f64.ne (f64.load (i32.add (global.get $rap) (i32.shl (local.get $i) (i32.const 3)))) (f64.const -1e160)) (then
        (local.set $at (call $tileOf (local.get $i)))
        (local.set $to (i32.load offset=4 (local.get $at)))
        (i32.store offset=4 (local.get $at) (i32.add (local.get $to) (i32.const 1)))
        (call $move (local.get $i) (local.get $to) (i32.sub (global.get $spare) (global.get $rap)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (memory.copy (global.get $rap) (global.get $spare)
      (i32.add (i32.shl (global.get $stride) (i32.const 2)) (i32.shl (local.get $sum) (i32.const 2))))
    (global.set $size (local.get $sum))
    (global.set $top (local.get $sum))
    ;; Room for guests, and for what vectors and blocks reach beyond them.
    (local.set $i (local.get $sum))
    (local.set $end (i32.add (local.get $sum) (i32.const 64)))
    (loop $next
      (call $clear (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $end)))))

  ;; Adds the slots of tiles $from up to $to of the row that begins at $at; gives where the next range goes.
  (func $range (param $out i32) (param $at i32) (param $from i32) (param $to i32) (result i32)
    (i32.store (local.get $out) (i32.load (i32.add (local.get $at) (i32.shl (local.get $from) (i32.const 2)))))
    (i32.store offset=4 (local.get $out) (i32.load (i32.add (local.get $at) (i32.shl (local.get $to) (i32.const 2)))))
    (i32.add (local.get $out) (i32.shl (i32.lt_u
      (i32.load (local.get $out)) (i32.load offset=4 (local.get $out))) (i32.const 3))))

  ;; Lists the ranges of slots around ($r, $f), guests included; gives the end of the list.
  (func $around (export "around") (param $r f64) (param $f f64) (result i32)
    (local $y i32) (local $last i32) (local $c i32) (local $at i32) (local $out i32)
    (local.set $y (call $row (local.get $r)))
    (local.set $c (call $col (local.get $f)))
    (local.set $out (global.get $ranges))
    (local.set $last (i32.sub (global.get $rows) (i32.const 1)))
    (if (i32.lt_u (local.get $y) (local.get $last)) (then (local.set $last (i32.add (local.get $y) (i32.const 1)))))
    (if (local.get $y) (then (local.set $y (i32.sub (local.get $y) (i32.const 1)))))
    (loop $next
      (local.set $at (i32.add (global.get $tile) (i32.shl (i32.mul (local.get $y) (global.get $cols)) (i32.const 2))))
      (if (i32.eqz (local.get $c))
        (then
          (local.set $out (call $range (local.get $out) (local.get $at) (i32.const 0) (i32.const 2)))
          (local.set $out (call $range (local.get $out) (local.get $at)
            (i32.sub (global.get $cols) (i32.const 1)) (global.get $cols))))
        (else (if (i32.eq (local.get $c) (i32.sub (global.get $cols) (i32.const 1)))
          (then
            (local.set $out (call $range (local.get $out) (local.get $at) (i32.const 0) (i32.const 1)))
            (local.set $out (call $range (local.get $out) (local.get $at)
              (i32.sub (local.get $c) (i32.const 1)) (global.get $cols))))
          (else
            (local.set $out (call $range (local.get $out) (local.get $at)
              (i32.sub (local.get $c) (i32.const 1)) (i32.add (local.get $c) (i32.const 2))))))))
      (local.set $y (i32.add (local.get $y) (i32.const 1)))
      (br_if $next (i32.le_u (local.get $y) (local.get $last))))
    (i32.store (local.get $out) (global.get $size))
    (i32.store offset=4 (local.get $out) (global.get $top))
    (i32.add (local.get $out) (i32.shl (i32.lt_u (global.get $size) (global.get $top)) (i32.const 3))))
)
