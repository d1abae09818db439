#include <gtest/gtest.h>

#include "serve/service_for_test.h"

namespace keelrow::serve {
namespace {

/// A container of a multi-model endpoint: no registry, no token, nothing loaded.
class SageMaker : public ServiceTest {
 protected:
  void SetUp() override {
    root_ = folder_.path() / "opt/ml/models";
    models::MakeBundle(root_ / "a1/model", 1);
    MakeFolders(root_ / "b2/model");
    WriteFileDurably(root_ / "b2/model/model.onnx", models::LinearNetwork(5, 3));
    MakeFolders(root_ / "empty/model");
    MakeFolders(root_ / "broken/model");
    WriteFileDurably(root_ / "broken/model/model.onnx", "no network");
  }
  void StartMulti(uint64_t memory = 0) {
    ModelServiceOptions options = Options();
    options.store.clear();
    options.model.clear();
    options.mounted = root_;
    options.config.auth.enabled = false;
    options.config.models.load.value = "on_demand";
    options.config.models.memory.value = memory;
    Start(options);
    ASSERT_TRUE(service_->WaitUntilReady(std::chrono::seconds(60)));
  }
  int Load(const std::string& model, const std::string& url) const {
    return Connect().Post("/models", Json{{"model_name", model}, {"url", url}}.dump()).status;
  }
  int Load(const std::string& model) const { return Load(model, Folder(model)); }
  std::string Folder(const std::string& model) const { return root_ / model / "model"; }
  http::Response Invoke(const std::string& model, const std::string& body,
                        const std::string& type) const {
    return Connect().Post("/models/" + model + "/invoke", body, {{"Content-Type", type}});
  }
  int Delete(const std::string& model) const {
    return Connect().Send({.method = "DELETE", .target = "/models/" + model}).status;
  }

  fs::path root_;
};

TEST_F(SageMaker, LoadsAsksAndUnloadsModels) {
  StartMulti();
  EXPECT_EQ(Connect().Get("/ping").status, 200) << "healthy without a model";
  EXPECT_EQ(Invoke("a1", "x", "image/png").status, 404);
  EXPECT_EQ(Load("a1"), 200);
  EXPECT_EQ(Load("a1"), 409);
  EXPECT_EQ(Load("b2"), 200);
  const Json described = {{"modelName", "a1"}, {"modelUrl", Folder("a1")}};
  EXPECT_EQ(Json::parse(Connect().Get("/models").body)["models"][0], described);
  EXPECT_EQ(Json::parse(Connect().Get("/models/a1").body), described);
  EXPECT_EQ(Connect().Get("/models/absent").status, 404);
  const std::string png = data::EncodePng(NoisePicture(1));
  const Json answer = Json::parse(Invoke("a1", png, "image/png").body);
  EXPECT_EQ(answer["predictions"][0]["label"],
            engine::Predictor::Load(Folder("a1")).Answer(png)["label"]);
  EXPECT_EQ(Delete("a1"), 200);
  EXPECT_EQ(Delete("a1"), 404);
  EXPECT_EQ(Invoke("a1", png, "image/png").status, 404);
  EXPECT_EQ(Load("a1"), 200) << "again";
}

TEST_F(SageMaker, WithoutMemoryItAsksForRoom) {
  const uint64_t each = 2 * fs::file_size(Folder("b2") + "/model.onnx");
  StartMulti(each + each / 2);
  EXPECT_EQ(Load("b2"), 200);
  EXPECT_EQ(Load("b3", Folder("b2")), 507);
  EXPECT_EQ(Connect().Get("/models/b3").status, 404);
  EXPECT_EQ(Delete("b2"), 200);
  EXPECT_EQ(Load("b3", Folder("b2")), 200);
}

TEST_F(SageMaker, WhatCouldNotBeLoadedIsNotMounted) {
  StartMulti();
  fs::copy(root_ / "a1", root_ / "half", fs::copy_options::recursive);
  fs::remove(root_ / "half/model/network.onnx");
  for (int asked = 0; asked < 2; ++asked) EXPECT_EQ(Load("half"), 404) << "not 409";
  EXPECT_EQ(Json::parse(Connect().Get("/models").body), (Json{{"models", Json::array()}}));
}

TEST_F(SageMaker, OnlyFoldersOfTheModelsRootAreLoaded) {
  StartMulti();
  models::MakeBundle(folder_.path() / "outside", 1);
  fs::create_directory_symlink(folder_.path() / "outside", root_ / "link");
  for (const std::string& url :
       {(folder_.path() / "outside").string(), root_.string() + "/../../../outside",
        (root_ / "link").string(), std::string("a1/model"), std::string("/etc"),
        std::string("s3://bucket/model.tar.gz"), std::string("http://169.254.169.254/"),
        std::string()}) {
    EXPECT_EQ(Load("stolen", url), 400) << url;
  }
  EXPECT_EQ(Load("none", Folder("empty")), 404);
  EXPECT_EQ(Load("broken"), 400);
  for (const char* name : {"../a1", "", ".hidden", "a/b"}) {
    EXPECT_EQ(Load(name, Folder("a1")), 400) << name;
  }
  EXPECT_EQ(Connect().Post("/models", "{").status, 400);
  EXPECT_EQ(Json::parse(Connect().Get("/models").body), (Json{{"models", Json::array()}}));
}

TEST_F(SageMaker, AnEndpointNamesAModelAndATargetAnother) {
  StartMulti();
  ASSERT_EQ(Load("a1"), 200);
  const auto status = [&](const std::string& endpoint, http::Headers headers) {
    headers.Add("Content-Type", "image/png");
    headers.Add("Authorization", "AWS4-HMAC-SHA256 Credential=a/b, Signature=c");
    return Connect()
        .Post("/endpoints/" + endpoint + "/invocations", data::EncodePng(NoisePicture(1)), headers)
        .status;
  };
  EXPECT_EQ(status("a1", {}), 200);
  EXPECT_EQ(status("mine", {}), 404);
  EXPECT_EQ(status("mine", {{"X-Amzn-SageMaker-Target-Model", "a1.tar.gz"}}), 200);
  EXPECT_EQ(status("a1", {{"X-Amzn-SageMaker-Target-Model", "../a1"}}), 404);
}

TEST_F(ServiceTest, AChainIsAskedUnderEveryProtocol) {
  models::MakeHeadBundle(folder_.path() / "models/head", 7);
  Promote(AddVersion(1));
  ModelServiceOptions options = Options();
  options.config.models.folder = "models";
  options.config.models.chains["pair"] = {{.model = kModelName, .version = {}, .inputs = {}},
                                          {.model = "head", .version = {}, .inputs = {}}};
  Start(options);
  ASSERT_TRUE(service_->WaitUntilReady(std::chrono::seconds(60)));
  const std::string png = data::EncodePng(NoisePicture(1));
  const auto ask = [&](const std::string& path, const std::string& body, const std::string& type) {
    return Json::parse(Connect().Post(path, body, WithToken(type)).body);
  };
  const Json best = ask("/predictions/pair", png, "image/png");
  ASSERT_EQ(best.size(), 2U) << best;
  const std::string label = best["tame"] > best["wild"] ? "tame" : "wild";
  const Json instances = {{"instances", {{{"b64", EncodeBase64(png)}}}}};
  EXPECT_EQ(ask("/v1/models/pair:predict", instances.dump(),
                "application/json")["predictions"][0]["label"],
            label);
  EXPECT_EQ(ask("/models/pair/invoke", png, "image/png")["predictions"][0]["label"], label);
  const Json metadata = Json::parse(Connect().Get("/v2/models/pair", WithToken("")).body);
  EXPECT_EQ(metadata["versions"], Json({"1-1"}));
  EXPECT_EQ(metadata["outputs"][0]["shape"], Json({-1, 2}));
}

}  // namespace
}  // namespace keelrow::serve
