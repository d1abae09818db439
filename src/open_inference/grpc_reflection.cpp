#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "http/grpc.h"
#include "open_inference/grpc.h"
#include "predictions/handlers.h"
#include "predictions/protocol.h"

// gRPC's server reflection (github.com/grpc/grpc, doc/server-reflection.md): what grpcurl and the
// like ask, to know the methods without their .proto files.
namespace keelrow::open_inference {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::pbf_writer;
using Tag = protozero::pbf_tag_type;

/// A FileDescriptorSet, made of proto/*.proto by scripts/grpc_descriptors.sh.
constexpr unsigned char kDescriptors[] = {
#include "open_inference/proto/descriptors.inc"
};

// Field numbers of google/protobuf/descriptor.proto …
namespace file_set {
constexpr Tag kFile = 1;
}
namespace file {
constexpr Tag kName = 1, kPackage = 2, kDependency = 3, kMessage = 4, kEnum = 5, kService = 6;
}
namespace declared {  // of messages, enums, services and methods
constexpr Tag kName = 1;
constexpr Tag kNestedMessage = 3, kNestedEnum = 4;  // of messages
constexpr Tag kMethod = 2;                          // of services
}  // namespace declared
// … and of proto/reflection.proto.
namespace question {
constexpr Tag kHost = 1, kFileByName = 3, kFileBySymbol = 4, kExtension = 5, kExtensionNumbers = 6,
              kServices = 7;
}
namespace reply {
constexpr Tag kHost = 1, kQuestion = 2, kFiles = 4, kServices = 6, kError = 7;
}
namespace error {
constexpr Tag kCode = 1, kMessage = 2;
}
constexpr Tag kOnlyField = 1;

struct File {
  std::string bytes;
  std::vector<std::string> needs;
};

struct Index {
  std::map<std::string, File, std::less<>> files;
  std::map<std::string, std::string, std::less<>> by_symbol;  // the file's name
  std::vector<std::string> services;
};

enum class Declared { kMessage, kEnum, kService, kMethod };

/// What a field of a declaration declares in its turn.
std::optional<Declared> DeclaredIn(Declared what, Tag field) {
  if (what == Declared::kMessage && field == declared::kNestedMessage) return Declared::kMessage;
  if (what == Declared::kMessage && field == declared::kNestedEnum) return Declared::kEnum;
  if (what == Declared::kService && field == declared::kMethod) return Declared::kMethod;
  return std::nullopt;
}

/// A declaration with what is declared inside, as PACKAGE.OUTER.INNER.
void AddSymbols(pbf_reader reader, Declared what, const std::string& scope,
                std::vector<std::string>& symbols) {
  std::string own;
  std::vector<std::pair<Declared, pbf_reader>> inside;
  while (reader.next()) {
    if (reader.tag() == declared::kName) {
      own = scope + "." + reader.get_string();
    } else if (const auto kind = DeclaredIn(what, reader.tag())) {
      inside.emplace_back(*kind, reader.get_message());
    } else {
      reader.skip();
    }
  }
  symbols.push_back(own);
  for (const auto& [kind, declaration] : inside) AddSymbols(declaration, kind, own, symbols);
}

void AddFile(protozero::data_view bytes, Index& index) {
  File added{.bytes = std::string(bytes.data(), bytes.size()), .needs = {}};
  std::string name, package;
  std::vector<std::string> symbols;
  pbf_reader reader(bytes);
  while (reader.next()) {
    if (reader.tag() == file::kName) {
      name = reader.get_string();
    } else if (reader.tag() == file::kPackage) {
      package = reader.get_string();
    } else if (reader.tag() == file::kDependency) {
      added.needs.push_back(reader.get_string());
    } else if (reader.tag() == file::kMessage) {
      AddSymbols(reader.get_message(), Declared::kMessage, package, symbols);
    } else if (reader.tag() == file::kEnum) {
      AddSymbols(reader.get_message(), Declared::kEnum, package, symbols);
    } else if (reader.tag() == file::kService) {
      const size_t at = symbols.size();
      AddSymbols(reader.get_message(), Declared::kService, package, symbols);
      index.services.push_back(symbols[at]);
    } else {
      reader.skip();
    }
  }
  for (std::string& symbol : symbols) index.by_symbol.emplace(std::move(symbol), name);
  index.files.emplace(name, std::move(added));
}

const Index& TheIndex() {
  static const Index index = [] {
    Index made;
    pbf_reader set(reinterpret_cast<const char*>(kDescriptors), sizeof kDescriptors);
    while (set.next(file_set::kFile)) AddFile(set.get_view(), made);
    return made;
  }();
  return index;
}

/// The file and, as clients expect, those that it imports.
void WriteFiles(pbf_writer& writer, const std::string& name) {
  const Index& index = TheIndex();
  pbf_writer files(writer, reply::kFiles);
  std::vector<std::string> names = {name};
  for (size_t i = 0; i < names.size(); ++i) {
    const File& one = index.files.at(names[i]);
    files.add_bytes(kOnlyField, one.bytes);
    for (const std::string& needed : one.needs) {
      if (std::ranges::find(names, needed) == names.end()) names.push_back(needed);
    }
  }
}

void WriteError(pbf_writer& writer, http::GrpcCode code, const std::string& message) {
  pbf_writer fault(writer, reply::kError);
  fault.add_int32(error::kCode, static_cast<int32_t>(code));
  fault.add_string(error::kMessage, message);
}

void WriteServices(pbf_writer& writer) {
  pbf_writer services(writer, reply::kServices);
  for (const std::string& name : TheIndex().services) {
    pbf_writer service(services, kOnlyField);
    service.add_string(kOnlyField, name);
  }
}

void WriteAnswer(pbf_writer& writer, Tag asked, const std::string& name) {
  const Index& index = TheIndex();
  if (asked == question::kServices) return WriteServices(writer);
  if (asked == question::kFileByName && index.files.contains(name)) {
    return WriteFiles(writer, name);
  }
  const auto symbol = index.by_symbol.find(name);
  if (asked == question::kFileBySymbol && symbol != index.by_symbol.end()) {
    return WriteFiles(writer, symbol->second);
  }
  const bool known = asked == question::kFileByName || asked == question::kFileBySymbol ||
                     asked == question::kExtension || asked == question::kExtensionNumbers;
  if (known) return WriteError(writer, http::GrpcCode::kNotFound, "there is no such thing here");
  WriteError(writer, http::GrpcCode::kInvalidArgument, "the message asks for nothing");
}

http::Response Answer(const http::Request& request) {
  Tag asked = 0;
  std::string name, host;
  try {
    pbf_reader reader(request.body.data(), request.body.size());
    while (reader.next()) {
      if (reader.wire_type() != pbf_wire_type::length_delimited) {
        reader.skip();
      } else if (reader.tag() == question::kHost) {
        host = reader.get_string();
      } else {
        asked = reader.tag();
        name = reader.get_string();
      }
    }
  } catch (const protozero::exception&) {
    throw Error(Code::kBadRequest, "the body is no ServerReflectionRequest");
  }
  std::string message;
  pbf_writer writer(message);
  writer.add_string(reply::kHost, host);
  writer.add_bytes(reply::kQuestion, request.body);
  WriteAnswer(writer, asked, name);
  return GrpcMessage(std::move(message));
}

std::vector<http::Route> Routes(predictions::ServeContext&) {
  std::vector<http::Route> routes;
  for (const char* service :
       {"grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"}) {
    routes.push_back({.method = "POST",
                      .pattern = GrpcPath(service, "ServerReflectionInfo"),
                      .handler = predictions::ShapedHandler(Answer, http::Response::FromError),
                      .access = http::Access::kOpen,
                      .summary = "Services, methods and messages (gRPC).",
                      .body = http::Body::kMessages});
  }
  return routes;
}

}  // namespace

/// Open, like the API's description: it says what there is, and nothing of models.
predictions::Protocol GrpcReflectionProtocol() {
  return {.name = "grpc_reflection",
          .help = "gRPC's server reflection.",
          .routes = Routes,
          .in_openapi = false};
}

}  // namespace keelrow::open_inference
