// A traceparent that is taken has the ids that stand in it, neither of them zero; written again, it
// is taken again.
#include "http/trace.h"

#include "require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace keelrow;
  const std::string_view text = fuzz::Text(data, size);
  auto trace = http::ParseTraceparent(text);
  if (!trace) return 0;
  fuzz::Require(trace->known() && trace->parent != 0, "no id is zero");
  fuzz::Require(text.substr(3, 32) == trace->TraceId(), "the trace is the caller's");
  trace->span = trace->parent;
  const std::string ours = trace->Traceparent();
  fuzz::Require(text.substr(2, 51) == std::string_view(ours).substr(2, 51), "ids stay");
  const auto again = http::ParseTraceparent(ours);
  fuzz::Require(again && again->parent == trace->parent && again->sampled == trace->sampled,
                "what we send is taken");
  return 0;
}
