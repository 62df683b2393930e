#pragma once

#include <party/shared_bytes.h>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace Party {

template <class T>
struct Codec;

/// Arrays and maps may stand this deep inside each other, in writing and in reading: bytes from outside must not
/// decide how much stack is used.
inline constexpr std::size_t maxValueDepth = 64;

/// Writes one CBOR value (RFC 8949) with the shortest heads and the shortest exact float of 32 or 64 bits; infinities
/// and NaN take 16. That is what `nlohmann::json::to_cbor` writes, byte for byte.
///
/// A codec calls one of these for each value; after `beginArray(n)` exactly n values follow, after `beginMap(n)` n
/// pairs, then the matching end. Small values are built on the stack and copied once into their block.
class Encoder {
 public:
  Encoder() noexcept : at_(small_), end_(small_ + sizeof small_) {}
  /// For a value whose size is known: it is written straight into its block.
  explicit Encoder(std::size_t exactSize)
      : block_(SharedBytes::allocate(exactSize, 0, 0)), at_(block_.mutableData()), end_(at_ + exactSize) {}
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  /// Any value that has a codec.
  template <class T>
  void write(const T& value) {
    Codec<T>::encode(*this, value);
  }

  void null() { initial(0xf6); }
  void boolean(bool value) { initial(value ? 0xf5 : 0xf4); }
  void integer(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    value < 0 ? head(1, ~bits) : head(0, bits);
  }
  void unsignedInteger(std::uint64_t value) { head(0, value); }
  void number(double value);
  /// Throws `Party::Error` unless it is valid UTF-8: bytes that are not text are stored as bytes.
  void text(std::string_view text) {
    checkUtf8(text);
    head(3, text.size());
    append(text);
  }
  void bytes(std::string_view bytes) {
    head(2, bytes.size());
    append(bytes);
  }
  void beginArray(std::size_t count) { enter(4, count); }
  void endArray() noexcept { --depth_; }
  void beginMap(std::size_t pairs) { enter(5, pairs); }
  void endMap() noexcept { --depth_; }

  /// The bytes written; the encoder is used up.
  SharedBytes finish();

  /// The size of a head that carries `argument`.
  static constexpr std::size_t headSize(std::uint64_t argument) noexcept {
    if (argument < 24) return 1;
    if (argument <= 0xff) return 2;
    if (argument <= 0xffff) return 3;
    return argument <= 0xffff'ffff ? 5 : 9;
  }

 private:
  void initial(unsigned byte) { *reserve(1) = static_cast<char>(byte); }
  void head(unsigned major, std::uint64_t argument) {
    if (argument < 24) {
      initial(major << 5 | static_cast<unsigned>(argument));
    } else if (argument <= 0xff) {
      headAnd(major << 5 | 24, static_cast<std::uint8_t>(argument));
    } else if (argument <= 0xffff) {
      headAnd(major << 5 | 25, static_cast<std::uint16_t>(argument));
    } else if (argument <= 0xffff'ffff) {
      headAnd(major << 5 | 26, static_cast<std::uint32_t>(argument));
    } else {
      headAnd(major << 5 | 27, argument);
    }
  }
  template <std::unsigned_integral T>
  void headAnd(unsigned initial, T argument) {
    if constexpr (std::endian::native == std::endian::little) argument = std::byteswap(argument);
    char* at = reserve(1 + sizeof argument);
    *at = static_cast<char>(initial);
    std::memcpy(at + 1, &argument, sizeof argument);
  }
  void append(std::string_view bytes) {
    char* at = reserve(bytes.size());
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  }
  char* reserve(std::size_t size) {
    if (static_cast<std::size_t>(end_ - at_) < size) grow(size);
    return std::exchange(at_, at_ + size);
  }
  void enter(unsigned major, std::size_t count) {
    if (++depth_ > maxValueDepth) tooDeep();
    head(major, count);
  }
  char* begin() noexcept { return block_.data() == nullptr ? small_ : block_.mutableData(); }
  void grow(std::size_t size);
  static void checkUtf8(std::string_view text);
  [[noreturn]] static void tooDeep();

  SharedBytes block_;
  char* at_;
  char* end_;
  std::size_t depth_ = 0;
  char small_[512];
};

/// Reads one CBOR value, from wherever it came: every length is compared with the bytes that are left before anything
/// is allocated, nesting is limited, text must be UTF-8. Tags, `undefined` and indefinite lengths are refused, heads
/// that are longer than needed are not. Whatever is wrong throws `Party::Error` with the offset, what was expected and
/// what was found.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) noexcept : bytes_(bytes) {}

  enum class Kind { unsignedInteger, negativeInteger, bytes, text, array, map, boolean, null, number, other, end };
  /// What comes next.
  Kind peek() const noexcept;
  std::size_t offset() const noexcept { return at_; }

  /// Any value that has a codec.
  template <class T>
  T read() {
    return Codec<T>::decode(*this);
  }

  /// Takes a null when one comes next.
  bool takeNull() noexcept;
  bool boolean();
  template <std::integral T>
  T integer() {
    if (at_ < bytes_.size() && static_cast<unsigned char>(bytes_[at_]) < 24) return static_cast<T>(bytes_[at_++]);
    const std::size_t start = at_;
    const Integer read = anyInteger();
    // Negative n is kept as -1 - n, which is never larger than the type's maximum when n fits.
    const bool fits = read.argument <= static_cast<std::uint64_t>(std::numeric_limits<T>::max());
    if (!fits || (read.negative && std::unsigned_integral<T>))
      outOfRange(start, read.negative, sizeof(T), std::unsigned_integral<T>);
    return static_cast<T>(read.negative ? ~read.argument : read.argument);
  }
  /// A float of any width, or an integer up to 2^53, which every double holds exactly.
  double number();
  /// Both point into the bytes given to this decoder.
  std::string_view text();
  std::string_view bytes();
  /// The number of values, or pairs, that follow before the matching end.
  std::size_t beginArray();
  /// The same for an array whose length is fixed.
  void beginArray(std::size_t expected);
  void endArray() noexcept { --depth_; }
  std::size_t beginMap();
  void endMap() noexcept { --depth_; }

  /// Passes over one value, checked as if it had been read.
  void skip();
  /// Throws unless everything has been read.
  void finish() const;
  /// For codecs with rules of their own: throws at `offset`.
  [[noreturn]] void fail(std::size_t offset, std::string_view expected, std::string_view found) const;

 private:
  struct Integer {
    bool negative;
    std::uint64_t argument;
  };
  Integer anyInteger();
  std::uint64_t head(unsigned major, std::string_view expected);
  std::uint64_t argument(std::size_t start);
  std::string_view run(unsigned major, std::string_view expected);
  std::size_t enter(unsigned major, std::string_view expected, std::size_t bytesEach);
  std::string found() const;
  [[noreturn]] void outOfRange(std::size_t start, bool negative, std::size_t bytes, bool isUnsigned) const;

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace Party
