#include "services/sagemaker/handlers.hpp"

namespace clary::services::sagemaker {

Outcome<AddAssociationOutput> add_association(Context&, const AddAssociationInput&) {
  return make_error(ErrorKind::not_implemented, "The operation AddAssociation of SageMaker is not served by Clary.");
}

Outcome<ListAssociationsOutput> list_associations(Context&, const ListAssociationsInput&) {
  return make_error(ErrorKind::not_implemented, "The operation ListAssociations of SageMaker is not served by Clary.");
}

Outcome<DeleteAssociationOutput> delete_association(Context&, const DeleteAssociationInput&) {
  return make_error(ErrorKind::not_implemented, "The operation DeleteAssociation of SageMaker is not served by Clary.");
}

Outcome<QueryLineageOutput> query_lineage(Context&, const QueryLineageInput&) {
  return make_error(ErrorKind::not_implemented, "The operation QueryLineage of SageMaker is not served by Clary.");
}

}  // namespace clary::services::sagemaker
