// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

/// Tests linked with tests/mpi_main.cpp run on every rank. After each test the ranks meet; failures of other
/// ranks become failures of rank 0, printed as "[rank r/n] …". A test that lasts longer than
/// TACIT_TEST_TIMEOUT seconds (environment, default 120) ends the job with exit code 76.
namespace tacit::dist {

/// All ranks of this test program; valid inside tests.
Communicator& world();

} // namespace tacit::dist
