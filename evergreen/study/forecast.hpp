// What a study would take: arms, tokens, FLOPs, disk and time, before anything is done.
//
// Time is that of one process, by the plan's [compute]; where training steps of the study are finished already, by the rate they
// were measured at. What is finished is not counted again.
#pragma once

#include <string>

#include "evergreen/study/arms.hpp"

namespace evergreen::study {

struct StudyForecast {
  Account total;          // of what is left
  double rate = 0;        // FLOPs a second; 0: not known
  bool measured = false;  // the rate is of this study's own steps
  size_t steps = 0, finished = 0;
  double disk_free_bytes = 0;
  std::string text, json;
};
StudyForecast forecast(const Study& study, const fs::path& directory);

}  // namespace evergreen::study
