#include "http/address_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio.hpp>
#include <optional>

namespace keelrow::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct Network {
  uint8_t a, b, c, d;
  int bits;
};

// IANA's IPv4 special-purpose registry (RFC 6890 and later), without what is globally reachable.
constexpr Network kNotPublic[] = {
    {0, 0, 0, 0, 8},         // "this" network: Linux connects 0.0.0.0 to loopback
    {10, 0, 0, 0, 8},        // private
    {100, 64, 0, 0, 10},     // carriers' NAT; 100.100.100.200 is Alibaba's metadata
    {127, 0, 0, 0, 8},       // loopback
    {168, 63, 129, 16, 32},  // Azure's host
    {169, 254, 0, 0, 16},    // link-local; 169.254.169.254 is most clouds' metadata
    {172, 16, 0, 0, 12},     // private
    {192, 0, 0, 0, 24},      // protocol assignments; 192.0.0.192 is Oracle's metadata
    {192, 0, 2, 0, 24},      // documentation
    {192, 88, 99, 0, 24},    // 6to4 relays
    {192, 168, 0, 0, 16},    // private
    {198, 18, 0, 0, 15},     // benchmarks
    {198, 51, 100, 0, 24},   // documentation
    {203, 0, 113, 0, 24},    // documentation
    {224, 0, 0, 0, 4},       // multicast
    {240, 0, 0, 0, 4},       // reserved, broadcast
};

bool IsPublic(const asio::ip::address_v4& address) {
  return std::ranges::none_of(kNotPublic, [&](const Network& network) {
    const uint32_t base =
        asio::ip::address_v4({network.a, network.b, network.c, network.d}).to_uint();
    return (address.to_uint() ^ base) >> (32 - network.bits) == 0;
  });
}

/// Only 2000::/3 is given out, and in it some prefixes stand for other things. ::1, fe80::/10,
/// fc00::/7 (fd00:ec2::254 is AWS' metadata), 64:ff9b::/96 and mapped IPv4 all lie outside.
bool IsPublic(const asio::ip::address_v6& address) {
  const auto bytes = address.to_bytes();
  if (address.is_v4_mapped())
    return IsPublic(asio::ip::make_address_v4(asio::ip::v4_mapped, address));
  if (bytes[0] >> 5 != 1) return false;
  const unsigned first = bytes[0] << 8U | bytes[1];
  const unsigned second = bytes[2] << 8U | bytes[3];
  if (first == 0x2001 && second < 0x0200) return false;   // Teredo and other protocols
  if (first == 0x2001 && second == 0x0db8) return false;  // documentation
  if (first == 0x3fff && second < 0x1000) return false;   // documentation
  return first != 0x2002;                                 // 6to4: an IPv4 address in disguise
}

/// Empty when time ran out.
std::optional<std::vector<asio::ip::address>> Resolve(const std::string& host,
                                                      std::chrono::milliseconds timeout) {
  asio::io_context io;
  tcp::resolver resolver(io);
  std::vector<asio::ip::address> addresses;
  resolver.async_resolve(host, "", [&](const error_code&, tcp::resolver::results_type found) {
    for (const auto& entry : found) addresses.push_back(entry.endpoint().address());
  });
  io.run_for(timeout);
  if (!io.stopped()) return std::nullopt;
  std::ranges::sort(addresses);
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

}  // namespace

bool IsPublicAddress(std::string_view text) {
  error_code failure;
  const auto address = asio::ip::make_address(text, failure);
  if (failure) return false;
  return address.is_v4() ? IsPublic(address.to_v4()) : IsPublic(address.to_v6());
}

Expected<std::vector<std::string>> ResolveGuarded(const Url& url, const GuardOptions& options) {
  const auto found = Resolve(url.host, options.timeout);
  if (!found) {
    return Error(Code::kTimeout,
                 fmt::format("cannot find {} within {} ms", url.host, options.timeout.count()));
  }
  if (found->empty()) return Error(Code::kNotFound, fmt::format("there is no host {}", url.host));
  const bool allowed = std::ranges::count(options.allowed_hosts, url.host) > 0;
  std::vector<std::string> addresses;
  for (const auto& address : *found) {
    addresses.push_back(address.to_string());
    if (allowed || IsPublicAddress(addresses.back())) continue;
    // Which address it is stays unsaid: the answer would map our network to who asks.
    return Error(Code::kForbidden,
                 fmt::format("{} is not a public host, and not among those allowed", url.host));
  }
  return addresses;
}

}  // namespace keelrow::http
