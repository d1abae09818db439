#include <fmt/format.h>

#include <new>

#include "predictions/handlers.h"
#include "predictions/protocol.h"

// Multi-model endpoints: docs.aws.amazon.com/sagemaker/latest/dg/mms-container-apis.html
namespace keelrow::protocols {
namespace {

/// As SageMaker reads it: 409 is loaded already, 507 asks it to unload others first.
http::Response Refuse(const Error& error) {
  int status = Info(error.code()).http_status;
  if (error.code() == Code::kForbidden || status == 422) status = 400;
  const bool ours = status == 500;
  return http::Response::Json({{"message", ours ? "internal error" : error.message()}}, status);
}

http::Response OutOfMemory(const std::string& model) {
  return http::Response::Json(
      {{"message", fmt::format("there is no memory for `{}` beside what is loaded", model)}}, 507);
}

struct LoadRequest {
  std::string model;
  std::string folder;
};

LoadRequest ReadLoad(const http::Request& request) {
  const Expected<Json> body = ParseJson(request.body, "the body");
  if (!body || !body->is_object()) throw Error(Code::kBadRequest, "the body is no JSON object");
  LoadRequest load;
  for (const auto& [key, text] : {std::pair{"model_name", &load.model}, {"url", &load.folder}}) {
    const auto found = body->find(key);
    if (found == body->end() || !found->is_string()) {
      throw Error(Code::kBadRequest, fmt::format("the body has no text `{}`", key));
    }
    *text = found->get<std::string>();
  }
  if (!models::IsModelName(load.model)) throw Error(Code::kBadRequest, "that is no model's name");
  return load;
}

uint64_t BytesLoaded(const models::ModelTable& table) {
  uint64_t bytes = 0;
  for (const auto& [name, model] : table) {
    for (const models::Version& version : model.versions) {
      if (version.served) bytes += version.served->bytes();
    }
  }
  return bytes;
}

Json Described(const predictions::ServeContext& context, const std::string& model) {
  return {{"modelName", model}, {"modelUrl", context.mounted->FolderOf(model)}};
}

/// False where there is no memory for it.
bool LoadMounted(predictions::ServeContext& context, const models::Origin& origin,
                 models::Clock::time_point deadline) {
  const uint64_t bytes =
      BytesLoaded(*context.models->Table()) + models::ServedModel::BytesOf(origin);
  if (context.memory_max > 0 && bytes > context.memory_max) return false;
  try {
    context.models->Look(deadline);
    context.models->LoadVersion(origin.model, "", deadline);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

/// A model that could not be loaded, for whatever reason, is as if it had never been named.
http::Response Load(predictions::ServeContext& context, const http::Request& request) {
  const LoadRequest load = ReadLoad(request);
  const models::Origin origin = context.mounted->Mount(load.model, load.folder);
  bool loaded = false;
  try {
    loaded = LoadMounted(context, origin, request.deadline);
  } catch (...) {
    context.mounted->Unmount(load.model);
    throw;
  }
  if (loaded) return http::Response::Json(Described(context, load.model));
  context.mounted->Unmount(load.model);
  return OutOfMemory(load.model);
}

void RequireMounted(const predictions::ServeContext& context, const std::string& model) {
  if (!context.mounted->FolderOf(model).empty()) return;
  throw Error(Code::kNotFound, fmt::format("`{}` is not loaded", model));
}

http::Response Unload(predictions::ServeContext& context, const http::Request& request) {
  const std::string& model = request.Param("model");
  const Json described = Described(context, model);
  RequireMounted(context, model);
  context.mounted->Unmount(model);
  context.models->Look(request.deadline);
  return http::Response::Json(described);
}

http::Response Describe(predictions::ServeContext& context, const http::Request& request) {
  RequireMounted(context, request.Param("model"));
  return http::Response::Json(Described(context, request.Param("model")));
}

http::Response List(predictions::ServeContext& context, const http::Request&) {
  Json rows = Json::array();
  for (const auto& [name, offer] : context.mounted->List())
    rows.push_back(Described(context, name));
  return http::Response::Json({{"models", std::move(rows)}});
}

constexpr predictions::ManagingRow kRows[] = {
    {"GET", "/models", "The models that are loaded.", List},
    {"POST", "/models", "Loads a model from a folder.", Load},
    {"GET", "/models/{model}", "One of them.", Describe},
    {"DELETE", "/models/{model}", "Gives up a model.", Unload},
};

std::vector<http::Route> Routes(predictions::ServeContext& context) {
  if (!context.mounted) return {};  // /models is TorchServe's then
  return predictions::ManagingRoutes(context, kRows, Refuse);
}

/// Whoever may load one model may not load another.
void NameModel(http::Request& request) {
  if (request.method != "POST") return;
  try {
    request.params["model"] = ReadLoad(request).model;
  } catch (const Error&) {  // refused by the handler, with the reason
    request.params["model"] = "";
  }
}

}  // namespace

/// SageMaker's multi-model endpoints (`keelrow serve` with SAGEMAKER_MULTI_MODEL): the platform
/// names models and their folders, and unloads others where one finds no memory. Predictions are
/// InvocationsProtocol's.
predictions::Protocol SageMakerProtocol() {
  return {.name = "sagemaker",
          .help = "SageMaker's multi-model endpoints.",
          .routes = Routes,
          .name_model = NameModel};
}

}  // namespace keelrow::protocols
