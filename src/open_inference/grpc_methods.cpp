#include "open_inference/grpc_methods.h"

namespace keelrow::open_inference {
namespace {

using enum ProtoKind;

// Messages of proto/grpc_service.proto and proto/model_config.proto, by REST's members.
constexpr ProtoField kLive[] = {{"live", 1, kBool}};
constexpr ProtoField kReady[] = {{"ready", 1, kBool}};
constexpr ProtoField kServer[] = {{"name", 1}, {"version", 2}, {"extensions", 3}};

constexpr ProtoField kTensor[] = {{"name", 1}, {"datatype", 2}, {"shape", 3, kInteger}};
constexpr ProtoField kModel[] = {{"name", 1},
                                 {"versions", 2},
                                 {"platform", 3},
                                 {"inputs", 4, kMessage, kTensor},
                                 {"outputs", 5, kMessage, kTensor}};

constexpr ProtoField kConfigInput[] = {
    {"name", 1}, {"datatype", 2, kDatatype}, {"shape", 4, kInteger}};
constexpr ProtoField kConfigOutput[] = {
    {"name", 1}, {"datatype", 2, kDatatype}, {"shape", 3, kInteger}};
constexpr ProtoField kConfig[] = {{"name", 1},
                                  {"platform", 2},
                                  {"inputs", 5, kMessage, kConfigInput},
                                  {"outputs", 6, kMessage, kConfigOutput}};
constexpr ProtoField kConfigReply[] = {{"", 1, kMessage, kConfig}};

constexpr ProtoField kDuration[] = {{"count", 1, kInteger}, {"ns", 2, kInteger}};
constexpr ProtoField kInferStatistics[] = {
    {"success", 1, kMessage, kDuration},       {"fail", 2, kMessage, kDuration},
    {"queue", 3, kMessage, kDuration},         {"compute_input", 4, kMessage, kDuration},
    {"compute_infer", 5, kMessage, kDuration}, {"compute_output", 6, kMessage, kDuration},
    {"cache_hit", 7, kMessage, kDuration},     {"cache_miss", 8, kMessage, kDuration}};
constexpr ProtoField kBatchStatistics[] = {{"batch_size", 1, kInteger},
                                           {"compute_input", 2, kMessage, kDuration},
                                           {"compute_infer", 3, kMessage, kDuration},
                                           {"compute_output", 4, kMessage, kDuration}};
constexpr ProtoField kModelStatistics[] = {{"name", 1},
                                           {"version", 2},
                                           {"last_inference", 3, kInteger},
                                           {"inference_count", 4, kInteger},
                                           {"execution_count", 5, kInteger},
                                           {"inference_stats", 6, kMessage, kInferStatistics},
                                           {"batch_stats", 7, kMessage, kBatchStatistics}};
constexpr ProtoField kStatistics[] = {{"model_stats", 1, kMessage, kModelStatistics}};

constexpr ProtoField kIndexRequest[] = {{"ready", 2, kBool}};
constexpr ProtoField kIndexRow[] = {{"name", 1}, {"version", 2}, {"state", 3}, {"reason", 4}};
constexpr ProtoField kIndex[] = {{"", 1, kMessage, kIndexRow}};
constexpr ProtoField kLoadRequest[] = {{"parameters", 3, kMapKeys}};

constexpr GrpcMethod kMethods[] = {
    {.name = "ServerLive", .verb = "GET", .pattern = "/v2/health/live", .reply = kLive},
    {.name = "ServerReady", .verb = "GET", .pattern = "/v2/health/ready", .reply = kReady},
    {.name = "ModelReady",
     .verb = "GET",
     .pattern = "/v2/models/{model}/ready",
     .reply = kReady,
     .model = 1,
     .version = 2},
    {.name = "ServerMetadata", .verb = "GET", .pattern = "/v2", .reply = kServer},
    {.name = "ModelMetadata",
     .verb = "GET",
     .pattern = "/v2/models/{model}",
     .reply = kModel,
     .model = 1,
     .version = 2},
    {.name = "ModelConfig",
     .verb = "GET",
     .pattern = "/v2/models/{model}",
     .reply = kConfigReply,
     .model = 1,
     .version = 2},
    {.name = "ModelStatistics",
     .verb = "GET",
     .pattern = "/v2/models/{model}/stats",
     .reply = kStatistics,
     .model = 1,
     .version = 2},
    {.name = "RepositoryIndex",
     .verb = "POST",
     .pattern = "/v2/repository/index",
     .request = kIndexRequest,
     .reply = kIndex},
    {.name = "RepositoryModelLoad",
     .verb = "POST",
     .pattern = "/v2/repository/models/{model}/load",
     .request = kLoadRequest,
     .model = 2},
    {.name = "RepositoryModelUnload",
     .verb = "POST",
     .pattern = "/v2/repository/models/{model}/unload",
     .request = kLoadRequest,
     .model = 2},
    {.name = "ModelInfer", .model = 1, .version = 2},
    {.name = "ModelStreamInfer", .model = 1, .version = 2},
};

}  // namespace

std::span<const GrpcMethod> GrpcMethods() {
  return kMethods;
}

}  // namespace keelrow::open_inference
