#include "serve/prediction.h"

#include <fmt/format.h>

#include "serve/access_log.h"

namespace keelrow::serve {
namespace {

http::Response Answer(const PredictionProtocol& protocol, const LoadedModel& model,
                      const http::Request& request) {
  try {
    return protocol.answer(model, request);
  } catch (const Error& error) {
    if (Info(error.code()).http_status >= 500) LogFault(request, error.what());
    return protocol.refuse(error);
  } catch (const std::exception& failure) {
    LogFault(request, failure.what());
    return protocol.refuse(Error(Code::kInternal, failure.what()));
  }
}

}  // namespace

http::Handler PredictionHandler(ServeContext& context, PredictionProtocol protocol) {
  return [&context, protocol](const http::Request& request, http::Reply reply) {
    const std::shared_ptr<const LoadedModel> model = context.slot.Get();
    if (!model) {
      return reply(protocol.refuse(Error(
          Code::kOverloaded, fmt::format("no version of `{}` is loaded yet", context.model))));
    }
    http::Response response = Answer(protocol, *model, request);
    context.metrics.CountPrediction({.model = model->name,
                                     .version = model->version,
                                     .code = response.status,
                                     .duration = http::Request::Clock::now() - request.arrived});
    reply(std::move(response));
  };
}

}  // namespace keelrow::serve
