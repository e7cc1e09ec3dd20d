"""sdk_calls.py fit|deploy|transform RUNS: runs in the environment of an SDK (1.72 or 2.257) and prints how long each call took."""

import json
import os
import sys
import tempfile
import time

import sagemaker
from sagemaker.sklearn import SKLearn

FOREST = """
import os
import joblib
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier

def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))

if __name__ == "__main__":
    digits = load_digits()
    model = RandomForestClassifier(n_estimators=100, random_state=1).fit(digits.data, digits.target)
    joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
"""
ROWS = 5000
ONE_SECOND = "import time\ntime.sleep(1)\n"


def make_estimator(script):
    path = os.path.join(tempfile.mkdtemp(), "script.py")
    with open(path, "w") as out:
        out.write(script)
    session = sagemaker.Session()
    settings = {"entry_point": path, "role": sagemaker.get_execution_role(), "sagemaker_session": session}
    if sagemaker.__version__.startswith("1."):
        return SKLearn(framework_version="0.23-1", train_instance_type="ml.m4.xlarge", **settings)
    return SKLearn(framework_version="1.2-1", instance_type="ml.m4.xlarge", instance_count=1, **settings)


def timed(call):
    began = time.monotonic()
    result = call()
    return time.monotonic() - began, result


def main(what, runs):
    seconds = []
    if what == "fit":
        make_estimator("pass\n").fit()  # makes the environment, where it is not there yet
        for _ in range(runs):
            seconds.append(timed(make_estimator(ONE_SECOND).fit)[0])
    elif what == "transform":
        estimator = make_estimator(FOREST)
        estimator.fit()
        session = estimator.sagemaker_session
        session.upload_string_as_file_body((",".join(["1.5"] * 64) + "\n") * ROWS, session.default_bucket(), "rows/rows.csv")
        transformer = estimator.transformer(1, "ml.m4.xlarge", strategy="MultiRecord", assemble_with="Line", accept="text/csv")
        for _ in range(runs):
            taken, _ = timed(lambda: transformer.transform("s3://%s/rows/" % session.default_bucket(), content_type="text/csv", split_type="Line",
                                                           wait=True))
            seconds.append(taken)
    else:
        estimator = make_estimator(FOREST)
        estimator.fit()
        for _ in range(runs):
            taken, predictor = timed(lambda: estimator.deploy(initial_instance_count=1, instance_type="ml.m4.xlarge",
                                                              endpoint_name="bench-%d" % len(seconds)))
            seconds.append(taken)
            predictor.delete_endpoint()
            estimator.sagemaker_session.sagemaker_client.get_waiter("endpoint_deleted").wait(
                EndpointName="bench-%d" % (len(seconds) - 1), WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    print("\nSECONDS " + json.dumps(seconds))


main(sys.argv[1], int(sys.argv[2]))
