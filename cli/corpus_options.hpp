// The options of a corpus, shared by `data prepare`, `data inspect`, `train cpt` and `update`.
#pragma once

#include <CLI/CLI.hpp>

#include "evergreen/data/corpus_recipe.hpp"

namespace evergreen::cli {

// Which documents: fields, dates, bad records. `recipe` must outlive the command.
void add_reading_options(CLI::App& command, CorpusRecipe& recipe);

// What is done to them: cleaning, duplicates, decontamination.
void add_cleaning_options(CLI::App& command, CorpusRecipe& recipe);

}  // namespace evergreen::cli
