// The files of a model beside its weights: what an updated model takes from where.
#pragma once

#include "evergreen/checkpoint/writer.hpp"

namespace evergreen {

// Error{input} if a tokenizer is missing; `role` is how the error calls the model.
void require_tokenizer(const fs::path& directory, const std::string& role);

// Error{input} if there is no config.json.
void require_config(const fs::path& directory, const std::string& role);

// Tokenizer, chat template and generation settings of `directory`, as far as it has them.
void copy_tokenizer_files(const fs::path& directory, CheckpointWriter& out);

// Code of models that bring their own, licence and notices of `directory`.
void copy_model_files(const fs::path& directory, CheckpointWriter& out);

}  // namespace evergreen
