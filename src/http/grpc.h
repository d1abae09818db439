#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/encoding.h"
#include "http/message.h"

namespace keelrow::http {

/// gRPC over HTTP/2 (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md), seen from a handler: a POST
/// whose body is one message, and an answer of type kProtobuf whose body is one. The server takes
/// messages out of their frames and puts answers into them. Any other answer, a handler's or a
/// middleware's, becomes a gRPC status; log and metrics see it as it was. Over HTTP/1.1 the same
/// routes take and give the bare message: so a gateway passes gRPC on as it does everything else.

inline constexpr const char* kProtobuf = "application/x-protobuf";

/// POST with application/grpc or application/grpc+proto.
bool IsGrpc(const Request& request);

/// Of those messages that are compressed; empty for one that we do not know.
std::optional<Coding> GrpcCoding(const Headers& headers);

/// Status codes of gRPC, doc/statuscodes.md.
enum class GrpcCode {
  kOk,
  kCancelled,
  kUnknown,
  kInvalidArgument,
  kDeadlineExceeded,
  kNotFound,
  kAlreadyExists,
  kPermissionDenied,
  kResourceExhausted,
  kFailedPrecondition,
  kAborted,
  kOutOfRange,
  kUnimplemented,
  kInternal,
  kUnavailable,
  kDataLoss,
  kUnauthenticated,
};
GrpcCode GrpcCodeOf(Code code);

struct GrpcStatus {
  GrpcCode code = GrpcCode::kOk;
  std::string message = {};

  /// grpc-status and, if there is one, grpc-message in its percent-encoding.
  Headers Fields() const;
};

/// Whether its body is a message to be sent.
bool IsGrpcMessage(const Response& response);
/// What an answer that is no message says.
GrpcStatus GrpcStatusOf(const Request& request, const Response& response);

void AppendGrpcMessage(std::string& out, std::string_view message);

}  // namespace keelrow::http
