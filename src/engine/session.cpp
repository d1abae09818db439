#include "engine/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <future>
#include <map>
#include <mutex>
#include <openvino/op/constant.hpp>
#include <sstream>

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "engine/compiled_network.h"
#include "engine/compiled_store.h"

namespace keelrow::engine {
namespace {

using bundle::TensorSpec;

// More weights are not read from memory in the time that counts as quick.
constexpr size_t kQuickBytesMax = size_t{4} << 20;

/// One engine a process: its start costs milliseconds, and plugins are shared.
ov::Core& Core() {
  static ov::Core core;
  return core;
}

ov::AnyMap Properties(const SessionOptions& options) {
  return {
      ov::hint::performance_mode(ov::hint::PerformanceMode::LATENCY),
      // Processors with bf16 or AMX would otherwise round differently from those without.
      ov::hint::inference_precision(ov::element::f32),
      ov::inference_num_threads(options.threads * options.streams),
      ov::num_streams(options.streams),
      ov::hint::enable_cpu_pinning(false),
  };
}

/// Calls into the engine; what it throws becomes ours.
template <class Work>
auto Guarded(Code code, const char* message, const Work& work) {
  try {
    return work();
  } catch (const ov::Exception& failure) {
    const std::string why = failure.what();
    if (why.find("externally stored") != std::string::npos ||
        why.find("external data") != std::string::npos) {
      throw Error(
          code, fmt::format("{}: its weights lie in another file", message),
          {.hint = "put the .data file beside the .onnx, or export with external_data=False"});
    }
    throw Error(code, message, {.hint = why.substr(0, 300)});
  }
}

std::vector<int64_t> Dimensions(const ov::PartialShape& shape, const std::string& name) {
  if (shape.rank().is_dynamic()) {
    throw Error(Code::kUnsupported, fmt::format("the network's `{}` has no fixed rank", name));
  }
  std::vector<int64_t> dimensions;
  for (const ov::Dimension& extent : shape) {
    dimensions.push_back(extent.is_dynamic() ? -1 : extent.get_length());
  }
  return dimensions;
}

template <class Port>
std::vector<TensorSpec> SpecsOf(const std::vector<Port>& ports, const char* unnamed) {
  std::vector<TensorSpec> specs;
  for (const Port& port : ports) {
    const std::string name =
        port.get_names().empty() ? fmt::format("{}{}", unnamed, specs.size()) : port.get_any_name();
    specs.push_back({.name = name,
                     .dtype = TypeOf(port.get_element_type()),
                     .shape = Dimensions(port.get_partial_shape(), name)});
  }
  return specs;
}

bool BeginFree(const std::vector<TensorSpec>& specs) {
  return !specs.empty() && std::ranges::all_of(specs, [](const TensorSpec& spec) {
    return !spec.shape.empty() && spec.shape[0] == -1;
  });
}

bool FreeBehindRows(const TensorSpec& spec) {
  return std::any_of(spec.shape.begin() + 1, spec.shape.end(), [](int64_t x) { return x < 0; });
}

bool Fits(const std::vector<int64_t>& shape, const std::vector<int64_t>& wanted) {
  return std::ranges::equal(shape, wanted, [](int64_t given, int64_t want) {
    return given == want || (want < 0 && given >= 0);
  });
}

/// Everything but the shape that a compiled network depends on.
std::string StoreKey(std::string_view digest, const SessionOptions& options) {
  std::string key = fmt::format("{} {} {} {}", digest, ov::get_openvino_version().buildNumber,
                                options.threads, options.streams);
  key += " " + Core().get_property("CPU", ov::device::full_name);
  for (const auto& each : Core().get_property("CPU", ov::device::capabilities)) key += " " + each;
  return key;
}

/// Of all that a network consists of: the weights of an .xml lie beside it.
std::string DigestOf(const std::filesystem::path& file) {
  std::string digest = Sha256HexOfFile(file);
  const auto weights = std::filesystem::path(file).replace_extension(".bin");
  if (file.extension() == ".xml" && std::filesystem::exists(weights)) {
    digest += " " + Sha256HexOfFile(weights);
  }
  return digest;
}

size_t BytesOfConstants(const ov::Model& model) {
  size_t bytes = 0;
  for (const auto& node : model.get_ops()) {
    if (const auto* constant = dynamic_cast<const ov::op::v0::Constant*>(node.get())) {
      bytes += constant->get_byte_size();
    }
  }
  return bytes;
}

bool IsQuick(CompiledNetwork network, std::span<const Tensor> inputs) {
  constexpr std::chrono::microseconds kQuick{200};
  constexpr int kTries = 5;
  for (int i = 0; i < kTries; ++i) {
    const auto began = std::chrono::steady_clock::now();
    network.Infer(inputs);
    if (std::chrono::steady_clock::now() - began < kQuick) return true;
  }
  return false;
}

/// Rows of zeros behind those of the tensor.
Tensor Padded(const Tensor& tensor, int64_t rows) {
  Tensor padded = tensor;
  const size_t row = tensor.bytes.size() / static_cast<size_t>(tensor.Rows());
  padded.shape[0] = rows;
  padded.bytes.resize(row * static_cast<size_t>(rows));
  return padded;
}

}  // namespace

struct Session::State {
  std::shared_ptr<ov::Model> model;  // null where everything came from the store
  SessionOptions options;
  std::string digest;  // of the network, for the store
  int streams_asked = 1;
  CompiledStore store{{}, ""};
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  bool has_rows = false;
  bool free_shapes = false;  // beyond the rows: compiled once, for any shape
  std::mutex mutex;          // of `compiled`, not of what is in it
  std::map<int64_t, CompiledNetwork> compiled;
  RunFunction acting;  // in the place of a network

  State(std::vector<TensorSpec> in, std::vector<TensorSpec> out, int64_t rows_max, RunFunction run)
      : options{.rows_max = rows_max}, acting(std::move(run)) {
    SayShapes(std::move(in), std::move(out));
  }

  State(const std::function<std::shared_ptr<ov::Model>()>& read, std::string_view digest,
        const SessionOptions& given)
      : options(given), digest(digest), streams_asked(given.streams) {
    const bool either = streams_asked > 1;
    if (TakeStored(Kind::kAsAsked) || (either && TakeStored(Kind::kQuick))) return;
    model = read();
    SayShapes(SpecsOf(model->inputs(), "input"), SpecsOf(model->outputs(), "output"));
    if (!either || !BecomeQuick()) Become(Kind::kAsAsked);
    For(1);  // a network that cannot be compiled is noticed now
  }

  /// With several streams the engine hands each inference to a thread of its own. That takes longer
  /// than a quick network does, so such a one has a single stream.
  enum class Kind { kAsAsked, kQuick };

  void Become(Kind kind) {
    options.streams = kind == Kind::kQuick ? 1 : streams_asked;
    if (options.cache.empty()) return;
    std::string key = StoreKey(digest, options);
    if (kind == Kind::kQuick) key += " quick";
    store = CompiledStore(options.cache, key);
  }

  /// Whether its largest inference is quick; then that is compiled.
  bool BecomeQuick() {
    if (!ExtentsAreKnown() || BytesOfConstants(*model) > kQuickBytesMax) return false;
    Become(Kind::kQuick);
    ov::CompiledModel fresh = Compile(options.rows_max);
    if (!IsQuick(CompiledNetwork(fresh), Blank(options.rows_max))) return false;
    Keep(options.rows_max, std::move(fresh));
    return true;
  }

  /// None, beyond the rows, is known only when it is asked about.
  bool ExtentsAreKnown() const {
    const int rows = has_rows ? 1 : 0;
    return std::ranges::none_of(inputs, [rows](const TensorSpec& input) {
      return std::any_of(input.shape.begin() + rows, input.shape.end(),
                         [](int64_t extent) { return extent < 0; });
    });
  }

  std::vector<Tensor> Blank(int64_t rows) const {
    std::vector<Tensor> blank;
    for (const TensorSpec& input : inputs) {
      std::vector<int64_t> shape = input.shape;
      std::ranges::replace(shape, -1, 1);
      if (has_rows) shape[0] = rows;
      blank.push_back(Tensor::Zeros(input.dtype, std::move(shape)));
    }
    return blank;
  }

  void SayShapes(std::vector<TensorSpec> in, std::vector<TensorSpec> out) {
    inputs = std::move(in);
    outputs = std::move(out);
    has_rows = BeginFree(inputs) && BeginFree(outputs);
    free_shapes = !has_rows || std::ranges::any_of(inputs, FreeBehindRows);
    if (!has_rows) options.rows_max = 1;
  }

  /// Whether every shape that Run may need was in the store: then the network need not be read.
  bool TakeStored(Kind kind) {
    Become(kind);
    for (int64_t rows = 1;; rows = std::min(rows * 2, options.rows_max)) {
      const std::optional<StoredNetwork> found = store.Find(rows);
      if (!found) break;
      if (rows == 1) SayShapes(found->inputs, found->outputs);
      if (!Import(*found, free_shapes ? 0 : rows)) break;
      if (free_shapes || rows == options.rows_max) return true;
    }
    compiled.clear();
    return false;
  }

  bool Import(const StoredNetwork& found, int64_t key) {
    try {
      const ov::Tensor blob(ov::element::u8, {found.blob.size()},
                            const_cast<char*>(found.blob.data()));
      compiled.try_emplace(key, Core().import_model(blob, "CPU", Properties(options)), found.file);
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  std::shared_ptr<ov::Model> Shaped(int64_t rows) const {
    std::shared_ptr<ov::Model> shaped = model->clone();
    std::map<ov::Output<ov::Node>, ov::PartialShape> shapes;
    for (const auto& input : shaped->inputs()) {
      ov::PartialShape shape = input.get_partial_shape();
      shape[0] = rows;
      shapes[input] = shape;
    }
    shaped->reshape(shapes);
    return shaped;
  }

  /// Compiled for that many rows; of free shapes there is one for all.
  CompiledNetwork& For(int64_t rows) {
    const std::lock_guard lock(mutex);
    const int64_t key = free_shapes ? 0 : rows;
    const auto found = compiled.find(key);
    if (found != compiled.end()) return found->second;
    return Keep(rows, Compile(rows));
  }

  ov::CompiledModel Compile(int64_t rows) const {
    return Core().compile_model(free_shapes ? model : Shaped(rows), "CPU", Properties(options));
  }

  CompiledNetwork& Keep(int64_t rows, ov::CompiledModel fresh) {
    const int64_t key = free_shapes ? 0 : rows;
    if (store) {
      std::ostringstream blob;
      fresh.export_model(blob);
      store.Keep(std::max<int64_t>(key, 1), inputs, outputs, blob.view());
    }
    GiveBackMemory();  // what compiling took is several times what is left of it
    return compiled.try_emplace(key, std::move(fresh)).first->second;
  }

  std::vector<Tensor> RunRows(std::span<const Tensor> rows) {
    const int64_t count = rows[0].Rows();
    const auto bucket = std::min(options.rows_max,
                                 static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(count))));
    if (free_shapes || bucket == count) return For(count).Infer(rows);
    std::vector<Tensor> padded;
    for (const Tensor& tensor : rows) padded.push_back(Padded(tensor, bucket));
    std::vector<Tensor> answers = For(bucket).Infer(padded);
    for (Tensor& answer : answers) answer = Slice(answer, 0, count);
    return answers;
  }

  /// More rows than one inference takes: one part after another.
  std::vector<Tensor> RunParts(std::span<const Tensor> rows) {
    std::vector<std::vector<Tensor>> parts;
    for (int64_t begin = 0; begin < rows[0].Rows(); begin += options.rows_max) {
      const int64_t count = std::min(options.rows_max, rows[0].Rows() - begin);
      std::vector<Tensor> part;
      for (const Tensor& tensor : rows) part.push_back(Slice(tensor, begin, count));
      parts.push_back(RunRows(part));
    }
    std::vector<Tensor> whole;
    for (size_t i = 0; i < outputs.size(); ++i) {
      std::vector<const Tensor*> pieces;
      for (const std::vector<Tensor>& part : parts) pieces.push_back(&part[i]);
      whole.push_back(Concatenate(pieces));
    }
    return whole;
  }
};

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}

Session::Session(const NetworkSource& source, const SessionOptions& options)
    : state_(Guarded(Code::kCorrupt, "the engine cannot read the network", [&] {
        const auto read = [&] { return Core().read_model(source.read(), ov::Tensor()); };
        return std::make_unique<State>(read, source.digest, options);
      })) {}

Session::Session(std::string_view onnx, const SessionOptions& options)
    : Session({.digest = options.cache.empty() ? "" : Sha256Hex(onnx),
               .read = [&] { return std::string(onnx); }},
              options) {}

Session::Session(std::vector<TensorSpec> inputs, std::vector<TensorSpec> outputs, int64_t rows_max,
                 RunFunction run)
    : state_(std::make_unique<State>(std::move(inputs), std::move(outputs), rows_max,
                                     std::move(run))) {}

Session Session::Open(const std::filesystem::path& file, const SessionOptions& options) {
  if (!std::filesystem::is_regular_file(file)) {
    throw Error(Code::kNotFound, fmt::format("there is no network {}", file.string()));
  }
  return Session(Guarded(Code::kCorrupt, "the engine cannot read the network", [&] {
    const auto read = [&] { return Core().read_model(file.string()); };
    return std::make_unique<State>(read, options.cache.empty() ? "" : DigestOf(file), options);
  }));
}

std::future<void> StartEngine() {
  return std::async(std::launch::async, [] {
    try {
      Core().get_versions("CPU");
    } catch (const std::exception&) {
      // Whoever needs the engine hears of it.
    }
  });
}

Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

const std::vector<TensorSpec>& Session::Inputs() const {
  return state_->inputs;
}

const std::vector<TensorSpec>& Session::Outputs() const {
  return state_->outputs;
}

bool Session::HasRows() const {
  return state_->has_rows;
}

int64_t Session::RowsMax() const {
  return state_->options.rows_max;
}

int Session::Streams() const {
  return state_->options.streams;
}

std::vector<Tensor> Session::Blank(int64_t rows) const {
  return state_->Blank(rows);
}

std::string Session::Fault(std::span<const Tensor> inputs) const {
  const std::vector<TensorSpec>& wanted = state_->inputs;
  if (inputs.size() != wanted.size()) {
    return fmt::format("the network takes {} inputs, not {}", wanted.size(), inputs.size());
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    const Tensor& given = inputs[i];
    if (given.dtype != wanted[i].dtype || !Fits(given.shape, wanted[i].shape)) {
      return fmt::format("`{}` is {} [{}], not {} [{}]", wanted[i].name, Name(wanted[i].dtype),
                         fmt::join(wanted[i].shape, ", "), Name(given.dtype),
                         fmt::join(given.shape, ", "));
    }
    if (!state_->has_rows) continue;
    if (given.Rows() == 0) return fmt::format("`{}` has no rows", wanted[i].name);
    if (given.Rows() != inputs[0].Rows()) return "the inputs differ in their number of rows";
  }
  return {};
}

std::vector<Tensor> Session::Run(std::span<const Tensor> inputs) const {
  if (std::string fault = Fault(inputs); !fault.empty()) {
    throw Error(Code::kBadValue, std::move(fault));
  }
  if (state_->acting) return state_->acting(inputs);
  return Guarded(Code::kInternal, "the engine failed", [&] {
    if (!state_->has_rows || inputs[0].Rows() <= state_->options.rows_max) {
      return state_->has_rows ? state_->RunRows(inputs) : state_->For(1).Infer(inputs);
    }
    return state_->RunParts(inputs);
  });
}

Tensor Session::Run(const Tensor& input) const {
  return std::move(Run(std::span(&input, 1)).at(0));
}

}  // namespace keelrow::engine
