#include "stored_text.h"

#include <fmt/format.h>
#include <party/cbor.h>
#include <party/error.h>

#include <cstdint>

#include "quoted.h"

namespace Party::Sim::Detail {
namespace {

/// Writes until it has written enough; what follows is not even read.
class Writer {
 public:
  Writer(std::string_view encoded, std::size_t width) : decoder_(encoded), width_(width) {}

  std::string text() && {
    value();
    if (out_.size() < width_) decoder_.finish();
    return std::move(out_);
  }

 private:
  using Kind = Decoder::Kind;

  void value() {
    switch (decoder_.peek()) {
      case Kind::unsignedInteger:
        out_ += fmt::format("{}", decoder_.integer<std::uint64_t>());
        break;
      case Kind::negativeInteger:
        out_ += fmt::format("{}", decoder_.integer<std::int64_t>());
        break;
      case Kind::number:
        out_ += fmt::format("{}", decoder_.number());
        break;
      case Kind::boolean:
        out_ += decoder_.boolean() ? "true" : "false";
        break;
      case Kind::text:
        out_ += quoted(shortened(decoder_.text(), width_), true);
        break;
      case Kind::bytes:
        out_ += "bytes " + quoted(shortened(decoder_.bytes(), width_), false);
        break;
      case Kind::array:
        array();
        break;
      case Kind::map:
        map();
        break;
      default:
        if (!decoder_.takeNull()) throw Error("no value that can be stored");
        out_ += "null";
    }
  }
  void array() {
    out_ += '[';
    const std::size_t count = decoder_.beginArray();
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) out_ += ", ";
      if (out_.size() >= width_) return;
      value();
    }
    decoder_.endArray();
    out_ += ']';
  }
  void map() {
    out_ += '{';
    const std::size_t pairs = decoder_.beginMap();
    for (std::size_t i = 0; i < pairs; ++i) {
      if (i > 0) out_ += ", ";
      if (out_.size() >= width_) return;
      value();
      out_ += ": ";
      value();
    }
    decoder_.endMap();
    out_ += '}';
  }

  Decoder decoder_;
  std::size_t width_;
  std::string out_;
};

}  // namespace

std::string storedText(std::string_view encoded, std::size_t width) {
  try {
    return shortened(Writer(encoded, width).text(), width);
  } catch (const Error&) {
    return "bytes " + quoted(shortened(encoded, width), false);
  }
}

}  // namespace Party::Sim::Detail
