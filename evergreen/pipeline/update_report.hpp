// What an update tells: report.json, report.html, the table for people, the cards of its two models, their provenance.
#pragma once

#include <string>

#include "evergreen/checkpoint/provenance.hpp"
#include "evergreen/pipeline/update.hpp"
#include "evergreen/pipeline/update_figures.hpp"
#include "evergreen/pipeline/update_inputs.hpp"

namespace evergreen {

UpdateReport make_update_report(const UpdateOptions& options, const UpdateInputs& inputs,
                                const UpdateResults& results);
Provenance update_provenance(const UpdateOptions& options, const UpdateInputs& inputs,
                             const UpdateResults& results);
std::string updated_card(const UpdateOptions& options, const UpdateReport& report);
std::string base_card(const UpdateOptions& options);

}  // namespace evergreen
