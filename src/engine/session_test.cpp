#include "engine/session.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "nets/formula_for_test.h"
#include "nets/graph_builder.h"
#include "nets/onnx_writer.h"

namespace keelrow::engine {
namespace {

constexpr int64_t kFeatures = 6;

std::string LinearNetwork(int64_t outputs = 3) {
  nets::GraphBuilder builder;
  const auto input = builder.Input("input", {kFeatures});
  const nets::Graph graph =
      std::move(builder).Build(builder.Linear("fc", input, {.features = outputs}));
  return nets::WriteOnnx(graph, nets::FormulaWeights(graph));
}

Tensor Rows(int64_t count) {
  Tensor tensor = Tensor::Zeros(DType::kFloat32, {count, kFeatures});
  Random random(3, "rows");
  for (float& value : tensor.As<float>()) value = static_cast<float>(random.Uniform(-1, 1));
  return tensor;
}

TEST(Session, SaysWhatItTakes) {
  const Session session(LinearNetwork());
  ASSERT_EQ(session.Inputs().size(), 1U);
  EXPECT_EQ(session.Inputs()[0].name, "input");
  EXPECT_EQ(session.Inputs()[0].shape, (std::vector<int64_t>{-1, kFeatures}));
  EXPECT_EQ(session.Outputs()[0].shape, (std::vector<int64_t>{-1, 3}));
  EXPECT_TRUE(session.HasRows());
}

TEST(Session, RowsKeepTheirAnswersHoweverManyRunTogether) {
  const Session alone(LinearNetwork());
  const Session together(LinearNetwork(), {.rows_max = 8});
  for (const int64_t count : {1, 2, 3, 7, 8, 9, 21}) {  // exact, padded, and in parts
    const Tensor rows = Rows(count);
    const Tensor a = alone.Run(rows);
    const Tensor b = together.Run(rows);
    ASSERT_EQ(a.shape, (std::vector<int64_t>{count, 3}));
    ASSERT_EQ(b.shape, a.shape);
    for (size_t i = 0; i < a.As<float>().size(); ++i) {
      EXPECT_NEAR(a.As<float>()[i], b.As<float>()[i], 1e-5) << count;
    }
  }
}

constexpr int64_t kManyOutputs = 400'000;  // of six weights each: more than any quick network has

TEST(Session, InferencesOfAllButQuickNetworksRunBesideEachOther) {
  EXPECT_EQ(Session(LinearNetwork(), {.streams = 3}).Streams(), 1);
  EXPECT_EQ(Session(LinearNetwork(), {.streams = 3, .rows_max = 8}).Streams(), 1);
  EXPECT_EQ(Session(LinearNetwork(kManyOutputs), {.streams = 3}).Streams(), 3);
  EXPECT_EQ(Session(LinearNetwork(150'000), {.streams = 3, .rows_max = 256}).Streams(), 3)
      << "3.6 MB of weights, but 38 million outputs take their time";
}

TEST(Session, WhatLiesCompiledHasTheStreamsThatAreAskedFor) {
  const TemporaryFolder folder;
  const auto streams = [&](int64_t outputs, int asked) {
    return Session(LinearNetwork(outputs), {.streams = asked, .cache = folder.path()}).Streams();
  };
  for (int start = 0; start < 2; ++start) {
    EXPECT_EQ(streams(kManyOutputs, 1), 1);
    EXPECT_EQ(streams(kManyOutputs, 3), 3);
    EXPECT_EQ(streams(kManyOutputs, 2), 2);
    EXPECT_EQ(streams(3, 3), 1);
    EXPECT_EQ(streams(3, 1), 1);
  }
}

TEST(Session, RefusesWhatDoesNotFit) {
  const Session session(LinearNetwork());
  const Tensor narrow = Tensor::Zeros(DType::kFloat32, {1, kFeatures - 1});
  const Tensor whole = Tensor::Zeros(DType::kInt64, {1, kFeatures});
  const Tensor none = Tensor::Zeros(DType::kFloat32, {0, kFeatures});
  for (const Tensor* tensor : {&narrow, &whole, &none}) {
    EXPECT_NE(session.Fault(std::span(tensor, 1)), "");
    EXPECT_THROW(session.Run(*tensor), Error);
  }
  EXPECT_NE(session.Fault({}), "");
  EXPECT_THROW(Session("no network"), Error);
}

TEST(Session, ACacheChangesNoAnswer) {
  const TemporaryFolder folder;
  const SessionOptions options{.cache = folder.path()};
  const Tensor wanted = Session(LinearNetwork()).Run(Rows(1));
  EXPECT_EQ(Session(LinearNetwork(), options).Run(Rows(1)), wanted);
  ASSERT_FALSE(fs::is_empty(folder.path()));
  EXPECT_EQ(Session(LinearNetwork(), options).Run(Rows(1)), wanted);
  for (const auto& file : fs::directory_iterator(folder.path())) {
    WriteFileDurably(file.path(), "damaged");
  }
  EXPECT_EQ(Session(LinearNetwork(), options).Run(Rows(1)), wanted);
  EXPECT_EQ(Session(LinearNetwork(), {.cache = "/proc/none"}).Run(Rows(1)), wanted);
}

TEST(Session, ANetworkThatLiesCompiledIsNotRead) {
  const TemporaryFolder folder;
  const std::string network = LinearNetwork();
  int reads = 0;
  const NetworkSource source{.digest = "of the network", .read = [&] {
                               ++reads;
                               return network;
                             }};
  const auto answers = [&](const SessionOptions& options, int64_t rows) {
    const Session session(source, options);
    EXPECT_EQ(session.Inputs()[0].name, "input");
    EXPECT_EQ(session.Inputs()[0].shape, (std::vector<int64_t>{-1, kFeatures}));
    EXPECT_TRUE(session.HasRows());
    return session.Run(Rows(rows));
  };
  const SessionOptions one{.cache = folder.path()};
  const SessionOptions six{.rows_max = 6, .cache = folder.path()};
  const Tensor wanted = Session(network, {.rows_max = 6}).Run(Rows(5));
  const Tensor alone = answers(one, 1);
  EXPECT_EQ(reads, 1);
  EXPECT_EQ(answers(one, 1), alone);
  EXPECT_EQ(reads, 1);
  EXPECT_EQ(answers(six, 5), wanted);  // compiled for 1 and now 6 rows, not yet for 2 and 4
  EXPECT_EQ(reads, 2);
  const Session every(source, six);
  for (const int64_t rows : {2, 4}) every.Run(Rows(rows));
  EXPECT_EQ(reads, 3);
  EXPECT_EQ(answers(six, 5), wanted);
  EXPECT_EQ(answers(six, 21), Session(network, {.rows_max = 6}).Run(Rows(21)));
  EXPECT_EQ(reads, 3);
  EXPECT_EQ(Session({.digest = "of another", .read = source.read}, one).Run(Rows(1)), alone);
  EXPECT_EQ(reads, 4);
}

TEST(Session, OfADamagedStoreNothingIsTaken) {
  const TemporaryFolder folder;
  const SessionOptions options{.cache = folder.path()};
  const Tensor wanted = Session(LinearNetwork(), options).Run(Rows(1));
  ASSERT_FALSE(fs::is_empty(folder.path()));
  const fs::path file = fs::directory_iterator(folder.path())->path();
  const std::string whole = ReadFile(file);
  const auto changed = [&](size_t at, const std::string& to) {
    std::string bytes = whole;
    return bytes.replace(at, to.size(), to);
  };
  for (const std::string& bytes :
       {std::string(), whole.substr(0, 20), whole.substr(0, 4096),
        whole.substr(0, whole.size() - 1), whole + "x", changed(0, "Keelrow"), changed(30, "}"),
        changed(4096, std::string(64, 'x')),
        whole.substr(0, 4096) + std::string(whole.size() - 4096, '\0')}) {
    WriteFileDurably(file, bytes);
    EXPECT_EQ(Session(LinearNetwork(), options).Run(Rows(1)), wanted) << bytes.size();
  }
}

TEST(Session, OpensFiles) {
  const TemporaryFolder folder;
  WriteFileDurably(folder.path() / "model.onnx", LinearNetwork());
  EXPECT_EQ(Session::Open(folder.path() / "model.onnx").Run(Rows(2)),
            Session(LinearNetwork()).Run(Rows(2)));
  EXPECT_THROW(Session::Open(folder.path() / "none.onnx"), Error);
}

}  // namespace
}  // namespace keelrow::engine
