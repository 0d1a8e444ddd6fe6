// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tacit::eval::report {

/// The page's style sheet: system fonts, one accent colour, light and dark by the reader's preference.
extern const char* const kStyle;

} // namespace tacit::eval::report
