#include <party/host/chance.h>
#include <party/message.h>
#include <party/sim/choice.h>
#include <party/sim/trace.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "trace_reader.h"
#include "trace_text.h"

namespace Party::Sim {
namespace Detail {
namespace {

constexpr std::uint64_t noClient = 0xffff'ffff;

constexpr std::array<std::string_view, 16> handlerNames = {
    "constructor",     "onStart",         "getConnectionTags", "onConnect", "onMessage", "onClose",
    "onError",         "onRequest",       "onAlarm",           "timer",     "section",   "background",
    "onBeforeConnect", "onBeforeRequest", "onFetch",           "listener"};

constexpr std::array<std::string_view, choices> choiceNames = {
    "latencyUp",        "latencyDown",  "latencyEdge",  "lossNotice",    "flushDuration", "flushOutcome",
    "interruptedFlush", "readMode",     "readLatency",  "alarmLateness", "retryState",    "retryJitter",
    "callOutcome",      "rank",         "rankChange",   "timerLateness", "clockSkew",     "flushStart",
    "mergedUnits",      "flushRetries", "releaseDelay", "eventOrder",    "dropDelay",     "idleTime",
    "alarmRepeat",      "abandonDelay", "phantomRun",   "lifetime",      "deployDelay",   "turnOutput"};

std::string hex(std::uint64_t value) {
  constexpr char digits[] = "0123456789abcdef";
  std::string result;
  for (int shift = 60; shift >= 0; shift -= 4) result += digits[(value >> shift) & 15];
  return result;
}

/// Names and messages that later records refer to, collected while reading.
class Renderer {
 public:
  struct Value {
    std::string text;
    bool quoted = false;
  };

  void note(const TraceEntry& entry) {
    if (entry.kind == Record::room) name(rooms_, entry);
    if (entry.kind == Record::client) name(clients_, entry);
    if (entry.kind == Record::messageSent)
      remember(entry.fields[3]);
    else if (entry.kind == Record::broadcast)
      remember(entry.fields[4]);
    else
      messages_.emplace_back();
  }

  Value value(const FieldRow& field, const FieldValue& value) const {
    switch (field.type) {
      case Field::cause:
        return {hex(value.number), false};
      case Field::moment:
        return {sinceEpoch(value.number), false};
      case Field::text:
        return {std::string(value.text), true};
      case Field::content:
        return content(value);
      case Field::room:
        return {nameOf(rooms_, value.number, "room "), true};
      case Field::client:
        if (value.number == noClient) return {"another room", true};
        return {nameOf(clients_, value.number, "client "), true};
      case Field::handler:
        return {nameAt(handlerNames, value.number, 0), true};
      case Field::choice:
        return {nameAt(choiceNames, value.number, static_cast<std::uint64_t>(Host::Purpose::hostFirst)), true};
      case Field::sent:
        if (value.number == 0 || value.number > messages_.size()) return {"?", true};
        return messages_[messages_.size() - static_cast<std::size_t>(value.number)];
      default:
        return {std::to_string(value.number), false};
    }
  }

 private:
  using Names = std::vector<std::string>;

  static void name(Names& names, const TraceEntry& entry) {
    if (entry.fields[0].number == names.size()) names.emplace_back(entry.fields[1].text);
  }
  static std::string nameOf(const Names& names, std::uint64_t number, const char* otherwise) {
    return number < names.size() ? names[static_cast<std::size_t>(number)] : otherwise + std::to_string(number);
  }
  template <std::size_t size>
  static std::string nameAt(const std::array<std::string_view, size>& names, std::uint64_t number,
                            std::uint64_t first) {
    return number - first < size ? std::string(names[static_cast<std::size_t>(number - first)])
                                 : std::to_string(number);
  }
  static std::string sinceEpoch(std::uint64_t microseconds) {
    return std::to_string(static_cast<std::int64_t>(microseconds) / 1000) + "ms";
  }
  static Value content(const FieldValue& value) {
    std::string text(value.text);
    if (value.size > value.text.size())
      text += "... (" + std::to_string(value.size) + " bytes, hash " + hex(value.number) + ")";
    if (!value.isText) text.insert(0, "bytes ");
    return {std::move(text), true};
  }
  void remember(const FieldValue& value) { messages_.push_back(content(value)); }

  Names rooms_;
  Names clients_;
  std::vector<Value> messages_;  // by record
};

void appendTime(std::string& line, Duration since) {
  const auto microseconds = since.count();
  std::string milliseconds = std::to_string(microseconds / 1000);
  line.append(milliseconds.size() < 9 ? 9 - milliseconds.size() : 0, ' ');
  line += milliseconds + '.';
  const std::string rest = std::to_string(microseconds % 1000);
  line.append(3 - rest.size(), '0');
  line += rest + " ms  ";
}

template <class EachField>
void eachField(const TraceEntry& entry, const EachField& visit) {
  for (std::size_t i = 0; i < entry.fields.size() && entry.row().fields[i].type != Field::end; ++i) {
    visit(entry.row().fields[i], entry.fields[i]);
  }
}

template <class Line>
void render(const Trace& trace, const Line& line) {
  Renderer names;
  TraceReader reader(trace);
  while (auto entry = reader.next()) {
    line(names, *entry);
    names.note(*entry);
  }
}

}  // namespace

void appendQuoted(std::string& out, std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  const bool utf8 = isValidUtf8(text);
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !utf8)) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace Detail

std::vector<std::string> Trace::lines() const {
  std::vector<std::string> result;
  Detail::render(*this, [&](const Detail::Renderer& names, const Detail::TraceEntry& entry) {
    std::string line;
    Detail::appendTime(line, entry.at - start_);
    bool first = true;
    const auto& row = entry.row();
    const bool subject = row.fields[0].type == Detail::Field::room || row.fields[0].type == Detail::Field::client;
    if (!subject) line += row.name;
    Detail::eachField(entry, [&](const Detail::FieldRow& field, const Detail::FieldValue& raw) {
      const auto value = names.value(field, raw);
      if (first && subject) {
        line += value.text + "  " + std::string(row.name);
      } else if (field.type != Detail::Field::cause) {
        line += "  ";
        line += field.name;
        line += ' ';
        if (value.quoted)
          Detail::appendQuoted(line, value.text);
        else
          line += value.text;
      }
      first = false;
    });
    result.push_back(std::move(line));
  });
  return result;
}

std::string Trace::text() const {
  std::string result;
  for (const std::string& line : lines()) result += line + '\n';
  return result;
}

std::string Trace::jsonLines() const {
  std::string result;
  Detail::render(*this, [&](const Detail::Renderer& names, const Detail::TraceEntry& entry) {
    result +=
        "{\"at\":" + std::to_string((entry.at - start_).count()) + ",\"what\":\"" + std::string(entry.row().name) + '"';
    Detail::eachField(entry, [&](const Detail::FieldRow& field, const Detail::FieldValue& raw) {
      const auto value = names.value(field, raw);
      result += ",\"" + std::string(field.name) + "\":";
      if (value.quoted || field.type == Detail::Field::cause || field.type == Detail::Field::moment) {
        Detail::appendQuoted(result, value.text);
      } else {
        result += value.text;
      }
    });
    result += "}\n";
  });
  return result;
}

}  // namespace Party::Sim
