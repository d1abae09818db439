#include "http/grpc.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace keelrow::http {
namespace {

struct CodeRow {
  Code code;
  GrpcCode grpc;
};
constexpr auto kCodes = std::to_array<CodeRow>({
    {Code::kInternal, GrpcCode::kInternal},
    {Code::kUsage, GrpcCode::kInvalidArgument},
    {Code::kSyntax, GrpcCode::kInvalidArgument},
    {Code::kUnknownKey, GrpcCode::kInvalidArgument},
    {Code::kBadValue, GrpcCode::kInvalidArgument},
    {Code::kMissingKey, GrpcCode::kInvalidArgument},
    {Code::kNotFound, GrpcCode::kNotFound},
    {Code::kPermission, GrpcCode::kInternal},  // a file's; a caller's is kForbidden
    {Code::kDiskFull, GrpcCode::kUnavailable},
    {Code::kIo, GrpcCode::kInternal},
    {Code::kCorrupt, GrpcCode::kInvalidArgument},
    {Code::kUnsupported, GrpcCode::kUnimplemented},
    {Code::kLimit, GrpcCode::kInvalidArgument},
    {Code::kUnsafe, GrpcCode::kInvalidArgument},
    {Code::kBadExample, GrpcCode::kInvalidArgument},
    {Code::kNoData, GrpcCode::kInvalidArgument},
    {Code::kQuality, GrpcCode::kInvalidArgument},
    {Code::kLeak, GrpcCode::kInvalidArgument},
    {Code::kStepFailed, GrpcCode::kInternal},
    {Code::kDiverged, GrpcCode::kInternal},
    {Code::kGate, GrpcCode::kFailedPrecondition},
    {Code::kLock, GrpcCode::kFailedPrecondition},
    {Code::kConflict, GrpcCode::kAborted},
    {Code::kUnauthenticated, GrpcCode::kUnauthenticated},
    {Code::kForbidden, GrpcCode::kPermissionDenied},
    {Code::kBadRequest, GrpcCode::kInvalidArgument},
    {Code::kTooLarge, GrpcCode::kResourceExhausted},  // as gRPC's own servers say it
    {Code::kTimeout, GrpcCode::kDeadlineExceeded},
    {Code::kOverloaded, GrpcCode::kUnavailable},
    {Code::kPortInUse, GrpcCode::kInternal},
    {Code::kRateLimited, GrpcCode::kResourceExhausted},
    {Code::kEnvironment, GrpcCode::kInternal},
    {Code::kInterrupted, GrpcCode::kUnavailable},
});

struct StatusRow {
  int http;
  GrpcCode grpc;
};
/// For answers that do not name a code of ours: a backend's, say.
constexpr auto kStatuses = std::to_array<StatusRow>({
    {400, GrpcCode::kInvalidArgument},
    {401, GrpcCode::kUnauthenticated},
    {403, GrpcCode::kPermissionDenied},
    {404, GrpcCode::kNotFound},
    {408, GrpcCode::kDeadlineExceeded},
    {409, GrpcCode::kAborted},
    {413, GrpcCode::kResourceExhausted},
    {422, GrpcCode::kInvalidArgument},
    {429, GrpcCode::kResourceExhausted},
    {499, GrpcCode::kCancelled},
    {500, GrpcCode::kInternal},
    {502, GrpcCode::kUnavailable},
    {503, GrpcCode::kUnavailable},
    {504, GrpcCode::kDeadlineExceeded},
});

GrpcCode OfHttpStatus(int status) {
  // An answer that succeeded and is no message comes from a route that is not gRPC's.
  if (status < 400 || status == 405) return GrpcCode::kUnimplemented;
  const auto* found = std::ranges::find(kStatuses, status, &StatusRow::http);
  return found == kStatuses.end() ? GrpcCode::kUnknown : found->grpc;
}

/// {"error", "code", "message"}, as Response::FromError makes it; null for anything else.
Json ErrorIn(const Response& response) {
  constexpr size_t kBytesMax = size_t{64} << 10;
  if (response.status < 400 || response.body.size() > kBytesMax) return nullptr;
  const Expected<Json> parsed = ParseJson(response.body, "the answer");
  return parsed && parsed->is_object() ? *parsed : Json();
}

std::string TextIn(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Space to ~ but for %, which and all else is %XX.
std::string EncodeMessage(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '%') {
      encoded += c;
    } else {
      fmt::format_to(std::back_inserter(encoded), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace

bool IsGrpc(const Request& request) {
  if (request.method != "POST") return false;
  const std::string type = request.ContentType();
  return type == "application/grpc" || type.starts_with("application/grpc+");
}

std::optional<Coding> GrpcCoding(const Headers& headers) {
  const auto given = headers.Find("grpc-encoding");
  if (!given || *given == "identity") return Coding::kIdentity;
  if (*given == "gzip") return Coding::kGzip;
  if (*given == "deflate") return Coding::kDeflate;
  return std::nullopt;
}

GrpcCode GrpcCodeOf(Code code) {
  const auto* found = std::ranges::find(kCodes, code, &CodeRow::code);
  return found == kCodes.end() ? GrpcCode::kUnknown : found->grpc;
}

Headers GrpcStatus::Fields() const {
  Headers fields = {{"grpc-status", std::to_string(static_cast<int>(code))}};
  if (!message.empty()) fields.Add("grpc-message", EncodeMessage(message));
  return fields;
}

bool IsGrpcMessage(const Response& response) {
  return response.headers.Find("Content-Type") == kProtobuf;
}

GrpcStatus GrpcStatusOf(const Request& request, const Response& response) {
  const Json error = ErrorIn(response);
  const CodeInfo* info = FindCode(TextIn(error, "code"));
  GrpcStatus status{
      .code = info != nullptr ? GrpcCodeOf(info->code) : OfHttpStatus(response.status),
      .message = TextIn(error, "message")};
  if (status.message.empty()) status.message = TextIn(error, "error");
  if (response.status == 404 && request.route == nullptr) status.code = GrpcCode::kUnimplemented;
  if (status.message.empty()) {
    status.message = response.status < 400 ? "this is no method of gRPC"
                                           : fmt::format("HTTP status {}", response.status);
  }
  // It may quote the client, and fields have no room for much.
  constexpr size_t kMessageMax = 2048;
  if (status.message.size() > kMessageMax) status.message.resize(kMessageMax);
  return status;
}

void AppendGrpcMessage(std::string& out, std::string_view message) {
  const auto size = static_cast<uint32_t>(message.size());
  const char prefix[] = {0, static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                         static_cast<char>(size >> 8), static_cast<char>(size)};
  out.reserve(out.size() + sizeof prefix + message.size());
  out.append(prefix, sizeof prefix);
  out.append(message);
}

}  // namespace keelrow::http
