#include "evergreen/text/normal_form.hpp"

#include <algorithm>
#include <array>

#include "evergreen/text/code_map.hpp"
#include "evergreen/text/unicode.hpp"
#include "evergreen/text/unicode_tables.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

// Hangul is computed (The Unicode Standard, section 3.12).
constexpr char32_t kSyllable = 0xAC00, kLead = 0x1100, kVowel = 0x1161, kTail = 0x11A7;
constexpr char32_t kLeads = 19, kVowels = 21, kTails = 28, kSyllables = kLeads * kVowels * kTails;

struct Tables {
  CodeMap canonical{unicode::kCanonical}, compatible{unicode::kCompatible};
  std::array<std::vector<uint8_t>, 0x1100> classes;  // by code / 256; empty: all are 0

  Tables() {
    for (const unicode::ClassRange& range : unicode::kCombiningClasses) {
      for (uint32_t code = range.first; code <= range.last; ++code) {
        classes[code >> 8].resize(256);
        classes[code >> 8][code & 255] = range.combining_class;
      }
    }
  }
};

const Tables& tables() {
  static const Tables instance;
  return instance;
}

uint8_t combining_class(const Tables& t, char32_t code) {
  const std::vector<uint8_t>& page = t.classes[code >> 8];
  return page.empty() ? 0 : page[code & 255];
}

char32_t compose(char32_t first, char32_t second) {  // 0: they do not compose
  if (first - kLead < kLeads && second - kVowel < kVowels) {
    return kSyllable + ((first - kLead) * kVowels + (second - kVowel)) * kTails;
  }
  if (first - kSyllable < kSyllables && (first - kSyllable) % kTails == 0 &&
      second - kTail - 1 < kTails - 1) {
    return first + (second - kTail);
  }
  const auto& rows = unicode::kCompositions;
  const auto found = std::lower_bound(rows.begin(), rows.end(), std::pair(first, second),
                                      [](const unicode::Composition& row, const auto& pair) {
                                        return std::pair<char32_t, char32_t>(row.first, row.second) < pair;
                                      });
  return found != rows.end() && found->first == first && found->second == second ? found->composed : 0;
}

struct Mark {
  CharChange character;
  uint8_t combining_class;
};

// Orders runs of marks by class; equal ones keep their order.
void sort_marks(std::vector<Mark>& run, std::vector<Mark>& sorted) {
  if (run.size() < 32) {  // insertion sort
    for (size_t i = 1; i < run.size(); ++i) {
      const Mark mark = run[i];
      size_t at = i;
      for (; at > 0 && run[at - 1].combining_class > mark.combining_class; --at) run[at] = run[at - 1];
      run[at] = mark;
    }
    return;
  }
  std::array<size_t, 257> starts{};
  for (const Mark& mark : run) ++starts[mark.combining_class + 1];
  for (size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  sorted.resize(run.size());
  for (const Mark& mark : run) sorted[starts[mark.combining_class]++] = mark;
  run.swap(sorted);
}

class Decomposer {
 public:
  Decomposer(bool compatible, std::vector<Mark>& out) : compatible_(compatible), out_(out) {}

  void add(char32_t code) {
    if (code - kSyllable < kSyllables) {
      const char32_t index = code - kSyllable;
      put(kLead + index / (kVowels * kTails), 0);
      put(kVowel + index % (kVowels * kTails) / kTails, 1);
      if (index % kTails != 0) put(kTail + index % kTails, 1);
      return;
    }
    std::span<const uint32_t> parts;
    if (compatible_) parts = tables_.compatible.find(code);
    if (parts.empty()) parts = tables_.canonical.find(code);
    if (parts.empty()) return put(code, 0);
    for (size_t i = 0; i < parts.size(); ++i) put(parts[i], i > 0);
  }

  void finish() {
    sort_marks(run_, sorted_);
    out_.insert(out_.end(), run_.begin(), run_.end());
    run_.clear();
  }

 private:
  void put(char32_t code, int32_t change) {
    const Mark mark{{code, change}, combining_class(tables_, code)};
    if (mark.combining_class != 0) return run_.push_back(mark);
    if (!run_.empty()) finish();
    out_.push_back(mark);
  }

  const Tables& tables_ = tables();
  bool compatible_;
  std::vector<Mark>& out_;
  std::vector<Mark> run_, sorted_;
};

// The composition of UAX #15 over decomposed characters; the numbers of changes add up as the reference's do.
template <class Emit>
void recompose(const std::vector<Mark>& in, Emit&& emit) {
  std::vector<CharChange> waiting;  // behind the starter, not composed with it
  size_t at = 0;
  for (; at < in.size() && in[at].combining_class != 0; ++at) emit(in[at].character);
  while (at < in.size()) {
    CharChange starter = in[at++].character;
    waiting.clear();
    int last_class = -1;  // of `waiting`; -1: nothing waits
    for (; at < in.size(); ++at) {
      const Mark& next = in[at];
      if (last_class < static_cast<int>(next.combining_class) || last_class < 0) {
        if (const char32_t joined = compose(starter.code, next.character.code); joined != 0) {
          starter = {joined, starter.change + next.character.change - 1};
          continue;
        }
      }
      if (next.combining_class == 0) break;
      waiting.push_back(next.character);
      last_class = next.combining_class;
    }
    emit(starter);
    for (const CharChange& mark : waiting) emit(mark);
  }
}

template <class Emit>
void convert(NormalForm form, std::string_view text, std::vector<Mark>& buffer, Emit&& emit) {
  buffer.clear();
  Decomposer decomposer(form == NormalForm::nfkc || form == NormalForm::nfkd, buffer);
  for (size_t at = 0; at < text.size();) {
    const Utf8Char next = decode_utf8(text, at);
    decomposer.add(next.code);
    at += next.bytes;
  }
  decomposer.finish();
  if (form == NormalForm::nfc || form == NormalForm::nfkc) {
    recompose(buffer, emit);
  } else {
    for (const Mark& mark : buffer) emit(mark.character);
  }
}

uint8_t flag_of(NormalForm form) {
  return form == NormalForm::nfc ? CharTable::kNfcActive : CharTable::kNfkcActive;
}

// The next character at or after `at` that may change; the size of the text where there is none.
// Below U+0300 (first byte 0xCC) nothing combines and nothing decomposes in form C; in form KC only ASCII is safe.
size_t find_active(NormalForm form, std::string_view text, size_t at) {
  const CharTable& table = char_table();
  const uint8_t flag = flag_of(form), safe = form == NormalForm::nfc ? 0xCC : 0x80;
  while (at < text.size()) {
    if (static_cast<uint8_t>(text[at]) < safe) {
      ++at;
      continue;
    }
    const Utf8Char next = decode_utf8(text, at);
    if (table.flags_of(next.code) & flag) return at;
    at += next.bytes;
  }
  return at;
}

}  // namespace

std::vector<CharChange> normal_form_changes(NormalForm form, std::string_view valid_text) {
  std::vector<Mark> buffer;
  std::vector<CharChange> changes;
  changes.reserve(valid_text.size());
  convert(form, valid_text, buffer, [&](const CharChange& change) { changes.push_back(change); });
  return changes;
}

bool is_surely_in_form(NormalForm form, std::string_view valid_text) {
  if (form == NormalForm::nfc || form == NormalForm::nfkc)
    return find_active(form, valid_text, 0) == valid_text.size();
  return std::none_of(valid_text.begin(), valid_text.end(),
                      [](char c) { return static_cast<uint8_t>(c) >= 0x80; });
}

void append_normal_form(NormalForm form, std::string_view valid_text, std::string& out) {
  std::vector<Mark> buffer;
  const auto emit = [&](const CharChange& change) { append_utf8(out, change.code); };
  if (form == NormalForm::nfd || form == NormalForm::nfkd) return convert(form, valid_text, buffer, emit);
  const CharTable& table = char_table();
  for (size_t done = 0; done < valid_text.size();) {
    // A stretch that may change: from the character before it, which it may combine with, to the next one that neither
    // changes nor combines with what stands before it.
    size_t begin = find_active(form, valid_text, done), end = begin;
    if (begin < valid_text.size()) {
      if (begin > done) begin = previous_character(valid_text, begin);
      while (end < valid_text.size()) {
        const Utf8Char next = decode_utf8(valid_text, end);
        if ((table.flags_of(next.code) & flag_of(form)) == 0) break;
        end += next.bytes;
      }
    }
    out.append(valid_text.substr(done, begin - done));
    convert(form, valid_text.substr(begin, end - begin), buffer, emit);
    done = end;
  }
}

}  // namespace evergreen
