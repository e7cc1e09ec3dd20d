// The console as a user has it: the real binary, real jobs, and boto3 to compare with. In this order, on one page: what a part makes, later ones see.
import { setStage } from './stage';
import './signing_in';
import './home';
import './experiments';
import './jobs';
import './models_and_endpoints';
import './data';
import './search_and_lineage';
import './every_page';

setStage();
