#include "internal_id.h"

#include "sha256.h"

namespace Party::Detail {
namespace {

// What keeps equal ids of different parties apart (ID-006).
std::string uniqueKeyOf(std::string_view party) {
  if (party == "main") return "-PartyKitDurable";
  return "-" + std::string(party) + "DO";
}

std::string hexOf(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text += digits[value >> 4];
    text += digits[value & 15];
  }
  return text;
}

}  // namespace

std::string internalIdOf(std::string_view party, std::string_view id) {
  const Digest key = sha256(uniqueKeyOf(party));      // ID-002
  const Digest named = hmacSha256(bytesOf(key), id);  // ID-003: its first half
  const std::string_view first = bytesOf(named).substr(0, 16);
  const Digest checked = hmacSha256(bytesOf(key), first);  // and what vouches for it
  return hexOf(first) + hexOf(bytesOf(checked).substr(0, 16));
}

}  // namespace Party::Detail
