// A study's charts; each is left out where the study has not what it shows.
#pragma once

#include <vector>

#include "evergreen/report/chart.hpp"
#include "evergreen/report/heat_map.hpp"
#include "evergreen/study/study_tables.hpp"

namespace evergreen::study {

// One score against the tokens of CPT, a curve for each kind of arm, with 95 % bands.
XyChart token_chart(const StudyFigures& figures, const std::string& family, const std::string& version,
                    const std::string& score);
// Knowledge gained against instruction kept, relative to the instruct model; the residual's scale as a curve.
XyChart trade_off_chart(const StudyFigures& figures);
// Instruction following with the residual of each version on each version's base; `with_cpt`: after CPT.
HeatMap version_map(const StudyFigures& figures, const FamilyPlan& family, bool with_cpt);
// The maps of an inspection: |R|/|base|, |S|/|base|, cosine.
std::vector<HeatMap> inspection_maps(const Study& study, const Inspection& inspection,
                                     const fs::path& directory);

BarChart cost_chart(const StudyFigures& figures);    // core-minutes of the main arms by step
BarChart tuning_chart(const StudyFigures& figures);  // FLOPs of the graft and of SFT

}  // namespace evergreen::study
