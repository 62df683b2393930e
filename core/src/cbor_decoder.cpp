#include <party/cbor.h>
#include <party/error.h>
#include <party/message.h>

#include <cmath>

namespace Party {
namespace {

constexpr std::uint64_t maxExactInteger = std::uint64_t{1} << 53;

double widenHalf(std::uint64_t half) noexcept {
  const int exponent = static_cast<int>(half >> 10 & 0x1f);
  const auto mantissa = static_cast<double>(half & 0x3ff);
  const double magnitude = exponent == 0    ? std::ldexp(mantissa, -24)
                           : exponent != 31 ? std::ldexp(mantissa + 1024, exponent - 25)
                           : mantissa == 0  ? std::numeric_limits<double>::infinity()
                                            : std::numeric_limits<double>::quiet_NaN();
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

}  // namespace

Decoder::Kind Decoder::peek() const noexcept {
  if (at_ >= bytes_.size()) return Kind::end;
  const auto initial = static_cast<unsigned char>(bytes_[at_]);
  switch (initial >> 5) {
    case 0:
      return Kind::unsignedInteger;
    case 1:
      return Kind::negativeInteger;
    case 2:
      return Kind::bytes;
    case 3:
      return Kind::text;
    case 4:
      return Kind::array;
    case 5:
      return Kind::map;
    default:
      break;
  }
  switch (initial) {
    case 0xf4:
    case 0xf5:
      return Kind::boolean;
    case 0xf6:
      return Kind::null;
    case 0xf9:
    case 0xfa:
    case 0xfb:
      return Kind::number;
    default:
      return Kind::other;
  }
}

std::string Decoder::found() const {
  switch (peek()) {
    case Kind::unsignedInteger:
      return "an integer";
    case Kind::negativeInteger:
      return "a negative integer";
    case Kind::bytes:
      return "bytes";
    case Kind::text:
      return "text";
    case Kind::array:
      return "an array";
    case Kind::map:
      return "a map";
    case Kind::boolean:
      return "a boolean";
    case Kind::null:
      return "null";
    case Kind::number:
      return "a floating-point number";
    case Kind::end:
      return "the end of the value";
    case Kind::other:
      break;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  const auto initial = static_cast<unsigned char>(bytes_[at_]);
  return std::string("the byte 0x") + digits[initial >> 4] + digits[initial & 15];
}

void Decoder::fail(std::size_t offset, std::string_view expected, std::string_view found) const {
  throw Error("cannot decode the value at byte " + std::to_string(offset) + ": expected " + std::string(expected) +
                  ", found " + std::string(found),
              std::nullopt,
              "the value has " + std::to_string(bytes_.size()) + " bytes; read it as the type it was written with");
}

std::uint64_t Decoder::argument(std::size_t start) {
  const unsigned info = static_cast<unsigned char>(bytes_[at_]) & 0x1f;
  ++at_;
  if (info < 24) return info;
  if (info == 31) fail(start, "a length", "an indefinite length, which is not accepted");
  if (info > 27) fail(start, "a length", "a reserved one");
  const std::size_t size = std::size_t{1} << (info - 24);
  if (bytes_.size() - at_ < size) fail(start, std::to_string(size + 1) + " bytes of head", "the end of the value");
  std::uint64_t result = 0;
  for (const char byte : bytes_.substr(at_, size)) result = result << 8 | static_cast<unsigned char>(byte);
  at_ += size;
  return result;
}

std::uint64_t Decoder::head(unsigned major, std::string_view expected) {
  if (at_ >= bytes_.size() || static_cast<unsigned char>(bytes_[at_]) >> 5 != major) fail(at_, expected, found());
  return argument(at_);
}

bool Decoder::takeNull() noexcept {
  if (peek() != Kind::null) return false;
  ++at_;
  return true;
}

bool Decoder::boolean() {
  if (peek() != Kind::boolean) fail(at_, "a boolean", found());
  return static_cast<unsigned char>(bytes_[at_++]) == 0xf5;
}

Decoder::Integer Decoder::anyInteger() {
  const Kind kind = peek();
  if (kind != Kind::unsignedInteger && kind != Kind::negativeInteger) fail(at_, "an integer", found());
  return {kind == Kind::negativeInteger, argument(at_)};
}

double Decoder::number() {
  const std::size_t start = at_;
  switch (peek()) {
    case Kind::number: {
      const char width = bytes_[at_];
      const std::uint64_t bits = argument(at_);
      if (width == '\xf9') return widenHalf(bits);
      if (width == '\xfa') return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
      return std::bit_cast<double>(bits);
    }
    case Kind::unsignedInteger:
    case Kind::negativeInteger: {
      const auto [negative, argument] = anyInteger();
      const bool exact = argument <= maxExactInteger - (negative ? 1 : 0);
      if (!exact) fail(start, "a number", "an integer beyond 2^53, which would lose digits");
      return negative ? -1.0 - static_cast<double>(argument) : static_cast<double>(argument);
    }
    default:
      fail(start, "a number", found());
  }
}

std::string_view Decoder::run(unsigned major, std::string_view expected) {
  const std::size_t start = at_;
  const std::uint64_t size = head(major, expected);
  const std::size_t left = bytes_.size() - at_;
  if (size > left) fail(start, std::to_string(size) + " bytes of content", "only " + std::to_string(left));
  const std::string_view result = bytes_.substr(at_, size);
  at_ += size;
  return result;
}

std::string_view Decoder::text() {
  const std::size_t start = at_;
  const std::string_view result = run(3, "text");
  if (!isValidUtf8(result)) fail(start, "text", "bytes that are not valid UTF-8");
  return result;
}

std::string_view Decoder::bytes() { return run(2, "bytes"); }

std::size_t Decoder::enter(unsigned major, std::string_view expected, std::size_t bytesEach) {
  const std::size_t start = at_;
  const std::uint64_t count = head(major, expected);
  const std::size_t left = bytes_.size() - at_;
  if (count > left / bytesEach) {
    fail(start, std::to_string(count) + " entries", "only " + std::to_string(left) + " bytes");
  }
  if (++depth_ > maxValueDepth) {
    fail(start, "at most " + std::to_string(maxValueDepth) + " levels of nesting", "one more");
  }
  return count;
}

std::size_t Decoder::beginArray() { return enter(4, "an array", 1); }

void Decoder::beginArray(std::size_t expected) {
  const std::size_t start = at_;
  const std::size_t count = beginArray();
  if (count != expected) {
    fail(start, "an array of " + std::to_string(expected), "one of " + std::to_string(count));
  }
}

std::size_t Decoder::beginMap() { return enter(5, "a map", 2); }

void Decoder::skip() {
  switch (peek()) {
    case Kind::unsignedInteger:
    case Kind::negativeInteger:
      anyInteger();
      return;
    case Kind::bytes:
      bytes();
      return;
    case Kind::text:
      text();
      return;
    case Kind::array: {
      for (std::size_t left = beginArray(); left > 0; --left) skip();
      return endArray();
    }
    case Kind::map: {
      for (std::size_t left = 2 * beginMap(); left > 0; --left) skip();
      return endMap();
    }
    case Kind::boolean:
      boolean();
      return;
    case Kind::null:
      takeNull();
      return;
    case Kind::number:
      number();
      return;
    case Kind::other:
    case Kind::end:
      fail(at_, "a value", found());
  }
}

void Decoder::finish() const {
  if (at_ == bytes_.size()) return;
  fail(at_, "the end of the value", std::to_string(bytes_.size() - at_) + " more bytes");
}

void Decoder::outOfRange(std::size_t start, bool negative, std::size_t bytes, bool isUnsigned) const {
  fail(start,
       std::string(isUnsigned ? "an unsigned" : "a signed") + " integer of " + std::to_string(8 * bytes) + " bits",
       negative && isUnsigned ? "a negative integer" : "an integer outside its range");
}

}  // namespace Party
