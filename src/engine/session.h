#pragma once

#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/tensor.h"
#include "bundle/manifest.h"

namespace keelrow::engine {

struct SessionOptions {
  int threads = 1;  // of one inference
  int streams = 1;  // inferences at the same time, each on `threads` of its own; 1 for quick ones
  int64_t rows_max = 1;         // of one inference; more are run one after another
  std::filesystem::path cache;  // folder for compiled models; empty: none
};

/// A network that is read only when it must be: not where the cache has it compiled.
struct NetworkSource {
  std::string digest;                 // SHA-256 of the network, hexadecimal
  std::function<std::string()> read;  // the whole ONNX model
};

/// Begins to load the engine's libraries, beside whatever the caller does before it needs a
/// Session; the end of the future waits for it.
[[nodiscard]] std::future<void> StartEngine();

/// A network compiled by OpenVINO, in 32-bit floats whatever the processor offers, so that the
/// same bytes give the same answer everywhere in one installation. Run may be called from many
/// threads at once: each takes an inference request from a pool that grows to the callers.
///
/// Where every input and output begins with a free axis, that axis is rows: examples that do not
/// know of each other. The network is then compiled for 1, 2, 4 … rows_max of them, each when it is
/// first needed, since a shape that changes costs the engine more than a few rows of padding.
class Session {
 public:
  /// `onnx` is the whole model. Throws kCorrupt when it is no valid network, kEnvironment when
  /// the engine cannot start.
  explicit Session(std::string_view onnx, const SessionOptions& options = {});
  /// The same; throws what `source.read` throws besides.
  Session(const NetworkSource& source, const SessionOptions& options);
  /// What acts as a network without being one, such as several one after another. `run` is given
  /// what Fault lets pass, perhaps by many threads at once.
  using RunFunction = std::function<std::vector<Tensor>(std::span<const Tensor>)>;
  Session(std::vector<bundle::TensorSpec> inputs, std::vector<bundle::TensorSpec> outputs,
          int64_t rows_max, RunFunction run);
  /// From a file: ONNX, or OpenVINO's .xml with its .bin beside it.
  static Session Open(const std::filesystem::path& file, const SessionOptions& options = {});
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// Names, types and shapes as the network has them; -1 stands for a free axis.
  const std::vector<bundle::TensorSpec>& Inputs() const;
  const std::vector<bundle::TensorSpec>& Outputs() const;
  bool HasRows() const;
  int64_t RowsMax() const;
  /// How many inferences may go on at the same time without waiting for each other; 1 for several
  /// networks in one (chain.h), whose own sessions say it.
  int Streams() const;
  /// Zeros for all inputs, `rows` of them where the network has rows; free extents are 1.
  std::vector<Tensor> Blank(int64_t rows) const;

  /// What is wrong with these inputs, in the order of Inputs(); empty when Run takes them.
  std::string Fault(std::span<const Tensor> inputs) const;

  /// One inference: a tensor for each of Inputs(), then one for each of Outputs(). Throws kBadValue
  /// with what Fault says.
  std::vector<Tensor> Run(std::span<const Tensor> inputs) const;
  /// The same for a network of one input and one output.
  Tensor Run(const Tensor& input) const;

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace keelrow::engine
