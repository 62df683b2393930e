#pragma once

#include <party/host/party_descriptor.h>
#include <party/sim/property.h>

#include <string>
#include <vector>

/// The words of a party: what its property's generators say again and again. For a fuzzer, which would have to guess
/// them letter by letter.

namespace Party::Sim::Detail {

/// Names, numbers, JSON keys and whole short texts that at least two of some hundred generated messages, queries and
/// requests contain; sorted, at most 500, none longer than 64 bytes. The same for the same generators.
std::vector<std::string> wordsOf(const Host::PartyDescriptor& party, const Property& property);

/// As libFuzzer and AFL read a dictionary: one `"word"` a line, with `\xAB` for what is not printable.
std::string dictionaryText(const std::vector<std::string>& words);

}  // namespace Party::Sim::Detail
