// The known holes of other model servers, each by its number, against the handlers that strangers
// reach here. Where the feature that had the hole does not exist, the test is that it does not.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/raw_connection.h"
#include "protocols/protocols.h"
#include "serve/service_for_test.h"

namespace keelrow::serve {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

/// A bundle in the registry and a bare network in a folder, asked by somebody with every scope.
class KnownHoles : public ServiceTest {
 protected:
  void SetUp() override {
    MakeFolders(models());
    WriteFileDurably(models() / "plain.onnx", models::LinearNetwork(5, 3));
    Promote(AddVersion(1));
    ModelServiceOptions options = Options();
    options.config.models.folder = "models";
    options.config.watch.value = 2ms;
    Start(options);
    ASSERT_TRUE(service_->WaitUntilReady(60s));
    while (Get("/v2/models/plain/ready").status != 200) std::this_thread::yield();
    files_ = FilesNow();
  }
  void TearDown() override {
    EXPECT_EQ(FilesNow(), files_) << "a request has left a file";
    EXPECT_EQ(Get("/readyz").status, 200);
  }

  http::Response Get(const std::string& path) const { return Send("GET", path, ""); }
  http::Response Post(const std::string& path, const std::string& body,
                      const std::string& type = "application/json") const {
    return Send("POST", path, body, type);
  }
  http::Response Send(const std::string& method, const std::string& path, const std::string& body,
                      const std::string& type = "application/json") const {
    return Connect().Send({.method = method,
                           .target = path,
                           .headers = {{"Authorization", "Bearer " + Token({"predict", "manage"})},
                                       {"Content-Type", type}},
                           .body = body});
  }
  static void ExpectRefused(const http::Response& response, const std::string& what) {
    EXPECT_GE(response.status, 400) << what;
    EXPECT_LT(response.status, 500) << what << response.body;
    EXPECT_NE(response.status, 401) << what;  // the token allows all
    EXPECT_NE(response.status, 403) << what;
    ExpectNoInternals(response, what);
  }
  static void ExpectNoInternals(const http::Response& response, const std::string& what) {
    for (const char* part : {"/tmp/", "/root", "/work", "root:", ".cpp", "openvino", "std::"}) {
      EXPECT_THAT(response.body, Not(HasSubstr(part))) << what;
    }
  }
  std::set<std::string> FilesNow() const {
    std::set<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with("store.db")) files.insert(entry.path().string());
    }
    return files;
  }
  /// Where a model is named in a path, whatever the protocol.
  std::vector<http::Response> AskEverywhere(const std::string& name) const {
    std::vector<http::Response> answers;
    for (const char* pattern : {"/v2/models/{}", "/v2/models/{}/ready", "/v1/models/{}",
                                "/models/{}", "/models/{}/1", "/v2/models/plain/versions/{}"}) {
      answers.push_back(Get(fmt::format(fmt::runtime(pattern), name)));
    }
    for (const char* pattern :
         {"/v2/models/{}/infer", "/v1/models/{}:predict", "/predictions/{}", "/models/{}/invoke",
          "/endpoints/{}/invocations", "/label-studio/{}/setup", "/v2/repository/models/{}/load",
          "/v2/repository/models/{}/unload"}) {
      answers.push_back(Post(fmt::format(fmt::runtime(pattern), name), "{}"));
    }
    return answers;
  }
  void ExpectNoModel(const std::string& name) const {
    for (const http::Response& answer : AskEverywhere(name)) ExpectRefused(answer, name);
  }
  fs::path models() const { return folder_.path() / "models"; }

  std::set<std::string> files_;
};

// TorchServe: a model's URL was fetched from anywhere, and the file written.
TEST_F(KnownHoles, Cve2023_43654_ModelsAreNotFetchedFromUrls) {
  for (const std::string& url :
       {std::string("http://169.254.169.254/latest/meta-data/"), std::string("file:///etc/passwd"),
        fmt::format("http://127.0.0.1:{}/metrics", service_->Port()),
        std::string("https://example.org/evil.mar"), std::string("s3://bucket/evil.mar")}) {
    ExpectRefused(Post("/models?url=" + url, ""), url);
    ExpectRefused(Post("/models", Json{{"url", url}, {"model_name", "evil"}}.dump()), url);
  }
}

// TorchServe (SnakeYAML): a YAML document named classes to make.
TEST_F(KnownHoles, Cve2022_1471_YamlMakesNoObjects) {
  const std::string pwned = folder_.path() / "pwned";
  const std::vector<std::string> bodies = {
      "!!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[]]]",
      "!!python/object/apply:os.system ['touch " + pwned + "']"};
  for (const std::string& body : bodies) {
    for (const char* type : {"application/yaml", "application/x-yaml", "text/yaml"}) {
      ExpectRefused(Post("/models", body, type), type);
      ExpectRefused(Post("/predict", body, type), type);
    }
  }
}

// TorchServe: `..` in the URL got a file past the list of allowed ones, and then it had a name.
TEST_F(KnownHoles, Cve2024_35198_DotsInTheUrlLeadNowhere) {
  for (const char* url : {"../../etc/passwd", "https://allowed.example/../../evil.mar", "tiny/../x",
                          "..", ".", "models/plain.onnx", "/etc", "plain.onnx", "tiny\\..\\x"}) {
    ExpectRefused(Post("/models", Json{{"url", url}}.dump()), url);
  }
  EXPECT_EQ(Get("/v2/models/evil").status, 404);
}

// TorchServe: gRPC listened on all interfaces.
TEST(KnownHolesOfDefaults, Cve2024_35199_ItListensOnLoopback) {
  EXPECT_EQ(project::ServeConfig{}.host, "127.0.0.1");
  EXPECT_TRUE(project::ServeConfig{}.auth.enabled);
}

// TorchServe below 0.9: an archive's entries were written where they said (zip slip).
TEST_F(KnownHoles, ZipSlip_ArchivesAreNotTaken) {
  const std::string zip = std::string("PK\x03\x04") + std::string(26, '\0') + "../../evil.sh";
  for (const char* path : {"/models", "/models?url=evil.mar", "/v2/repository/models/evil/load"}) {
    for (const char* type :
         {"application/zip", "application/octet-stream", "multipart/form-data"}) {
      ExpectRefused(Post(path, zip, type), path);
    }
  }
}

// Triton: a load request's `file:` parameters wrote files, `..` included.
TEST_F(KnownHoles, Cve2023_31036_ALoadRequestBringsNoFiles) {
  for (const char* file : {"file:1/model.onnx", "file:../../evil", "file:/etc/cron.d/evil"}) {
    const Json body = {{"parameters", {{"config", "{}"}, {file, EncodeBase64("evil")}}}};
    ExpectRefused(Post("/v2/repository/models/plain/load", body.dump()), file);
    ExpectRefused(Post("/v2/repository/models/evil/load", body.dump()), file);
  }
}

// Triton: the log could be pointed at any file.
TEST_F(KnownHoles, Cve2024_0087_TheLogGoesWhereItGoes) {
  const std::string file = folder_.path() / "log";
  for (const char* method : {"GET", "POST"}) {
    ExpectRefused(Send(method, "/v2/logging", Json{{"log_file", file}}.dump()), method);
    ExpectRefused(Send(method, "/v2/trace/setting", Json{{"trace_file", file}}.dump()), method);
  }
}

// Triton: a request of very many tiny chunks ran out of the stack.
TEST_F(KnownHoles, Cve2025_23310_AMillionChunksAreOneBody) {
  std::string bytes = fmt::format(
      "POST /v2/models/plain/infer HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n"
      "Transfer-Encoding: chunked\r\n\r\n",
      Token());
  for (int i = 0; i < 1'000'000; ++i) bytes += "1\r\n[\r\n";
  http::RawConnection raw(service_->Port());
  raw.Send(bytes + "0\r\n\r\n");
  EXPECT_THAT(raw.Receive(), testing::StartsWith("HTTP/1.1 400"));
}

// Triton: an error named the shared memory region, which then could be registered and read.
TEST_F(KnownHoles, Cve2025_23319_ErrorsNameNothingOfOurs) {
  for (const char* kind : {"system", "cuda"}) {
    for (const char* verb : {"status", "region/triton_python_backend_shm/register", "unregister"}) {
      ExpectRefused(Post(fmt::format("/v2/{}sharedmemory/{}", kind, verb), "{}"), verb);
    }
  }
  const Json parameters = {{"shared_memory_region", "r"}, {"shared_memory_byte_size", 256}};
  const Json input = {{"name", "input"},
                      {"datatype", "FP32"},
                      {"shape", {1, 1, kEdge, kEdge}},
                      {"parameters", parameters}};
  ExpectRefused(Post("/v2/models/plain/infer", Json{{"inputs", {input}}}.dump()), "region");
  WriteFileDurably(models() / "broken.onnx", "no network");
  while (Get("/v2/models/broken").status == 404) std::this_thread::yield();
  ExpectNoInternals(Post("/v2/repository/models/broken/load", "{}"), "load");
  ExpectNoInternals(Post("/v2/models/broken/infer", "{}"), "infer");
  fs::remove(models() / "broken.onnx");
  while (Get("/v2/models/broken").status != 404) std::this_thread::yield();
}

// Triton: some routes were open though restricted ones were configured.
TEST_F(KnownHoles, Cve2026_24207_EveryRouteAsksForATokenUnlessItIsListedAsOpen) {
  predictions::ServeContext context{.model = kModelName};
  http::Client client = Connect();
  for (const http::Route& route : protocols::AllRoutes(context)) {
    if (route.access == http::Access::kOpen) {
      EXPECT_TRUE(route.method == "GET" || kOpenPosts.contains(route.pattern))
          << route.pattern << " is open and may change something";
      continue;
    }
    std::string path = route.pattern;
    for (size_t at = path.find('{'); at != std::string::npos; at = path.find('{')) {
      path.replace(at, path.find('}') - at + 1, "tiny");
    }
    EXPECT_EQ(client.Send({.method = route.method, .target = path, .body = "{}"}).status, 401)
        << route.method << " " << path;
  }
  for (const char* path :
       {"//v2/models", "/v2//models", "/V2/models", "/%76%32/models", "/v2/models/",
        "/v2;a=b/models", "/healthz/../v2/models", "/healthz/%2e%2e/v2/models"}) {
    const int status = client.Get(path).status;
    EXPECT_TRUE(status == 401 || status == 404 || status == 400) << path << " " << status;
  }
}

// Triton: a path, or an absolute one, in a model's name.
TEST_F(KnownHoles, Cve2026_47487_And_47606_AModelsNameIsNoPath) {
  for (const char* name :
       {"..", "%2e%2e", "..%2f..", "%2fetc%2fpasswd", "a%2fb", "%00", "plain%00x", "%5c..%5c",
        "plain%2f..%2ftiny", "~", "%7e%2f", "..%5c..", "C:%5c"}) {
    ExpectNoModel(name);
  }
}

// MLflow: traversals, and those that got around each repair: `\..\`, `#`, a second decoding.
TEST_F(KnownHoles, Cve2023_1177_2780_6753_2024_2928_TraversalsInEverySpelling) {
  for (const char* name :
       {"%252e%252e", "..%252f..%252fetc", "%5c..%5c..%5cetc", "%23..%2f..", "a%23%2f..%2f..",
        "..;%2f..", "%c0%ae%c0%ae%2f", "%ef%bc%8e%ef%bc%8e", "....%2f%2f", "file:%2f%2f%2fetc"}) {
    ExpectNoModel(name);
  }
}

// BentoML: a body that said it was a pickle was opened, which runs what is in it.
TEST_F(KnownHoles, Cve2024_2912_And_2025_27520_APickleIsNeverOpened) {
  const std::string pickle =
      "cos\nsystem\n(S'touch " + (folder_.path() / "pwned").string() + "'\ntR.";
  for (const char* path : {"/predict", "/invocations", "/predictions/tiny", "/models/plain/invoke",
                           "/v2/models/tiny/infer", "/v1/models/tiny:predict"}) {
    for (const char* type : {"application/vnd.bentoml+pickle", "application/x-python-pickle",
                             "application/octet-stream", "application/json"}) {
      ExpectRefused(Post(path, pickle, type), std::string(path) + type);
    }
  }
}

// BentoML, and python-multipart: a boundary that takes quadratic time.
TEST_F(KnownHoles, Cve2024_9056_ABoundaryCostsNoTime) {
  const std::string body = "--b" + std::string(4 << 20, '-') + "\r\n" + std::string(4 << 20, '\r');
  const auto began = std::chrono::steady_clock::now();
  for (const char* path : {"/predict", "/predictions/tiny"}) {
    ExpectRefused(Post(path, body, "multipart/form-data; boundary=b"), path);
    ExpectRefused(Post(path, body, "multipart/form-data; boundary=" + std::string(60, '-')), path);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s) << "quadratic would take minutes";
}

// BentoML: a link in a model's archive led outside.
TEST_F(KnownHoles, Cve2026_27905_ALinkInTheModelsFolderLeadsNowhere) {
  fs::create_directory_symlink(folder_.path() / "bundles/1", models() / "linked");
  fs::create_symlink("/etc/passwd", models() / "passwd.onnx");
  WriteFileDurably(models() / "late.onnx", models::LinearNetwork(6, 3));
  while (Get("/v2/models/late/ready").status != 200) std::this_thread::yield();
  EXPECT_EQ(Get("/v2/models/linked").status, 404);
  EXPECT_EQ(Get("/v2/models/passwd").status, 404);
  files_ = FilesNow();
}

// vLLM: a huge `n` answered until nothing else was; the like here is how many classes are wanted.
TEST_F(KnownHoles, Cve2025_48944_AHugeCountIsNoMoreThanThereIs) {
  for (const char* classes : {"9223372036854775807", "4294967296", "-1", "1e300", "[1]"}) {
    const std::string body = fmt::format(
        R"({{"inputs": [{{"name": "input_data", "datatype": "BYTES", "shape": [1], "data": ["x"]}}],
            "outputs": [{{"name": "probabilities", "parameters": {{"classification": {}}}}}]}})",
        classes);
    ExpectRefused(Post("/v2/models/tiny/infer", body), classes);
  }
}

}  // namespace
}  // namespace keelrow::serve
