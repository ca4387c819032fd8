package io.github.bmr4j.models.io;

/** The element types of the safetensors format whose elements are whole bytes. */
public enum ElementType {
  /** Truth values, one byte each, 0 or 1. */
  BOOL(1),
  /** Unsigned, 8 bits. */
  U8(1),
  /** Signed, 8 bits. */
  I8(1),
  /** Floating point, 8 bits, 5 of them the exponent. */
  F8_E5M2(1),
  /** Floating point, 8 bits, 4 of them the exponent. */
  F8_E4M3(1),
  /** Powers of two, 8 bits of exponent. */
  F8_E8M0(1),
  /** Signed, 16 bits. */
  I16(2),
  /** Unsigned, 16 bits. */
  U16(2),
  /** IEEE 754 binary16. */
  F16(2),
  /** The upper half of an IEEE 754 binary32. */
  BF16(2),
  /** Signed, 32 bits. */
  I32(4),
  /** Unsigned, 32 bits. */
  U32(4),
  /** IEEE 754 binary32. */
  F32(4),
  /** Complex, two binary32. */
  C64(8),
  /** IEEE 754 binary64. */
  F64(8),
  /** Signed, 64 bits. */
  I64(8),
  /** Unsigned, 64 bits. */
  U64(8);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }
}
