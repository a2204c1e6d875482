#include "evergreen/data/document_marks.hpp"

namespace evergreen {

DocumentMarks document_marks(const Tokenizer& tokenizer, std::optional<int64_t> end_of_text) {
  DocumentMarks marks;
  for (const int32_t id : tokenizer.prefix_ids()) marks.before.push_back(static_cast<uint32_t>(id));
  if (end_of_text) marks.after.push_back(static_cast<uint32_t>(*end_of_text));
  return marks;
}

}  // namespace evergreen
