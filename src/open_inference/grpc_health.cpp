#include "open_inference/grpc.h"
#include "open_inference/proto_json.h"
#include "predictions/handlers.h"
#include "predictions/protocol.h"

// grpc.health.v1 (github.com/grpc/grpc, doc/health-checking.md), for probes that speak gRPC.
namespace keelrow::open_inference {
namespace {

constexpr std::string_view kService = "grpc.health.v1.Health";
constexpr ProtoField kRequest[] = {{"service", 1}};
constexpr ProtoField kReply[] = {{"status", 1, ProtoKind::kInteger}};
constexpr int kServing = 1, kNotServing = 2;

http::Response Check(const predictions::ServeContext& context, const http::Request& request) {
  const Json asked = JsonFromProto(request.body, kRequest);
  const std::string service = asked.value("service", "");
  if (!service.empty() && service != kInferenceService && service != kService) {
    throw Error(Code::kNotFound, "there is no service `" + service + "`");
  }
  const bool serving = !context.stopping && context.Ready();
  return GrpcMessage(ProtoFromJson({{"status", serving ? kServing : kNotServing}}, kReply));
}

std::vector<http::Route> Routes(predictions::ServeContext& context) {
  return {{.method = "POST",
           .pattern = GrpcPath(kService, "Check"),
           .handler = predictions::ShapedHandler(
               [&context](const auto& r) { return Check(context, r); }, http::Response::FromError),
           .access = http::Access::kOpen,
           .summary = "Whether the models answer (gRPC).",
           .probe = true}};
}

}  // namespace

/// Check alone: a client that would Watch is told UNIMPLEMENTED, and takes the service for healthy
/// as the protocol says, or asks Check again and again.
predictions::Protocol GrpcHealthProtocol() {
  return {
      .name = "grpc_health", .help = "gRPC's health check.", .routes = Routes, .in_openapi = false};
}

}  // namespace keelrow::open_inference
