// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/ScalarType.h>

#include <optional>
#include <string>

namespace tacit::models {

/// "F32" and the like; throws std::logic_error for a type that Tacit does not store.
std::string safetensors_name(c10::ScalarType type);
/// The inverse; nothing for a name that Tacit does not read.
std::optional<c10::ScalarType> safetensors_type(const std::string& name);

} // namespace tacit::models
