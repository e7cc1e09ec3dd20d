// IAM, as much as the SDKs ask: the default role, and whether a role may do what a job needs. Called on pool threads.
#pragma once

#include "api/iam.hpp"
#include "services/binding.hpp"

namespace clary::services::iam {

using namespace clary::api::iam;

Outcome<GetRoleOutput> get_role(Context& call, const GetRoleInput& in);
Outcome<ListRolesOutput> list_roles(Context& call, const ListRolesInput& in);
Outcome<SimulatePrincipalPolicyOutput> simulate_principal_policy(Context& call, const SimulatePrincipalPolicyInput& in);

extern const Bindings bindings;

}  // namespace clary::services::iam
