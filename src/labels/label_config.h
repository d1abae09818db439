#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "base/json.h"

namespace keelrow::labels {

/// What annotators are shown and asked, as a project of Label Studio configures it in XML
/// (labelstud.io/tags). Only what a classification can answer is kept.

/// <Image name="photo" value="$image"/>: what is shown.
struct ShownObject {
  std::string name;
  std::string kind;   // the element's name: "Image", "Text", "Audio"
  std::string field;  // of a task's data: "image"
};

struct Choice {
  std::string shown;
  std::string written;  // what stands in an annotation: its alias, where it has one
};

/// <Choices name="class" toName="photo"><Choice value="cat"/>…</Choices>: what is asked.
struct ChoiceQuestion {
  std::string name;
  std::string object;  // which of the objects it is about
  std::vector<Choice> choices;
};

struct LabelConfig {
  std::vector<ShownObject> objects;
  std::vector<ChoiceQuestion> questions;

  /// Null if there is none of that name.
  const ShownObject* FindObject(std::string_view name) const;
};

/// Hostile input: document types and entities are not acted on, depth costs no stack. kSyntax for
/// what is no XML, kLimit.
Expected<LabelConfig> ParseLabelConfig(std::string_view xml);

/// The question's answer for one task as Label Studio takes a result of a prediction.
Json ChoiceResult(const ChoiceQuestion& question, const std::string& written);

}  // namespace keelrow::labels
