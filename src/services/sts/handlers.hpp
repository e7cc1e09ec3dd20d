// STS: who am I, and temporary credentials of a role. Called on pool threads.
#pragma once

#include "api/sts.hpp"
#include "services/binding.hpp"

namespace clary::services::sts {

using namespace clary::api::sts;

Outcome<GetCallerIdentityOutput> get_caller_identity(Context& call, const GetCallerIdentityInput& in);
Outcome<AssumeRoleOutput> assume_role(Context& call, const AssumeRoleInput& in);
Outcome<GetSessionTokenOutput> get_session_token(Context& call, const GetSessionTokenInput& in);

extern const Bindings bindings;

}  // namespace clary::services::sts
