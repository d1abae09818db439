#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "http/url.h"

namespace keelrow::http {

/// Against server-side request forgery: a URL that came from outside must not make this machine ask
/// for what only it can reach (a cloud's metadata, neighbours' management, our own loopback).

struct GuardOptions {
  /// Hosts that may be anywhere, exactly as a URL names them: "minio.internal", "10.0.0.7".
  std::vector<std::string> allowed_hosts = {};
  std::chrono::milliseconds timeout{5'000};  // for finding the addresses
};

/// The host's addresses, when every one of them is public or the host is allowed. Connect to one
/// of these (ClientOptions::addresses), not to the name: asked again, it may give another answer.
/// kForbidden where one is not public, kNotFound for a host without addresses, kTimeout.
Expected<std::vector<std::string>> ResolveGuarded(const Url& url, const GuardOptions& options);

/// Whether an address, IPv4 or IPv6 in text, belongs to everybody: none of loopback, link-local,
/// private, carrier's, documentation, multicast or a known metadata service, nor IPv6 that carries
/// such an IPv4. False for what is no address.
bool IsPublicAddress(std::string_view address);

}  // namespace keelrow::http
