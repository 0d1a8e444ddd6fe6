# SPDX-License-Identifier: Apache-2.0
# Run at every build: writes OUTPUT with the version and the commit that is being built; the file is only touched
# when they change.
execute_process(COMMAND git -C "${SOURCE}" describe --always --dirty --abbrev=12 --exclude=*
                OUTPUT_VARIABLE commit ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT commit)
  set(commit "unknown")
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT [[// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tacit {

inline constexpr const char* kTacitVersion = "@VERSION@";
inline constexpr const char* kTacitCommit = "@commit@";

} // namespace tacit
]] @ONLY)
