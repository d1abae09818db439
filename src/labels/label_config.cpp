#include "labels/label_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <pugixml.hpp>

#include "labels/limits.h"

namespace keelrow::labels {
namespace {

std::string Attribute(const pugi::xml_node& node, const char* name) {
  return node.attribute(name).as_string();
}

/// Choices that stand inside of other choices are finer answers, which no label of a model has.
ChoiceQuestion QuestionOf(const pugi::xml_node& node) {
  ChoiceQuestion question{
      .name = Attribute(node, "name"), .object = Attribute(node, "toName"), .choices = {}};
  for (const pugi::xml_node choice : node.children("Choice")) {
    std::string shown = Attribute(choice, "value");
    std::string alias = Attribute(choice, "alias");
    if (shown.empty()) continue;
    std::string written = alias.empty() ? shown : std::move(alias);
    question.choices.push_back({.shown = std::move(shown), .written = std::move(written)});
  }
  return question;
}

/// Goes through the elements in their order without recursion.
class Reader : public pugi::xml_tree_walker {
 public:
  bool for_each(pugi::xml_node& node) override {
    if (++nodes_ > kConfigNodesMax) return false;
    const std::string name = Attribute(node, "name");
    const std::string value = Attribute(node, "value");
    if (name.empty()) return true;
    if (node.name() == std::string_view("Choices")) {
      config.questions.push_back(QuestionOf(node));
    } else if (value.starts_with('$') && node.attribute("toName").empty()) {
      config.objects.push_back({.name = name, .kind = node.name(), .field = value.substr(1)});
    }
    return true;
  }

  LabelConfig config;

 private:
  size_t nodes_ = 0;
};

}  // namespace

const ShownObject* LabelConfig::FindObject(std::string_view name) const {
  const auto found = std::ranges::find(objects, name, &ShownObject::name);
  return found == objects.end() ? nullptr : &*found;
}

Expected<LabelConfig> ParseLabelConfig(std::string_view xml) {
  if (xml.size() > kConfigBytesMax) {
    return Error(Code::kLimit, fmt::format("the labelling configuration has more than {} bytes",
                                           kConfigBytesMax));
  }
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size());
  if (!parsed) {
    return Error(Code::kSyntax, fmt::format("the labelling configuration, byte {}: {}",
                                            parsed.offset, parsed.description()));
  }
  Reader reader;
  if (!document.traverse(reader)) {
    return Error(Code::kLimit, fmt::format("the labelling configuration has more than {} elements",
                                           kConfigNodesMax));
  }
  return std::move(reader.config);
}

Json ChoiceResult(const ChoiceQuestion& question, const std::string& written) {
  return {{"from_name", question.name},
          {"to_name", question.object},
          {"type", "choices"},
          {"value", {{"choices", Json::array({written})}}}};
}

}  // namespace keelrow::labels
