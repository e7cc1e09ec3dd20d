"""How long an endpoint takes from CreateEndpoint to InService, beside what its model needs itself."""

from figures import figure, wait_for_calm
from ground import BUCKET, SKLEARN, Ground, archive

RUNS = 7

# The same file trains the model and serves it. What it tells is its own: from its first line to the model's being there.
SCRIPT = b"""import time
began = time.time()
import os
import joblib
from sklearn.ensemble import RandomForestClassifier

def model_fn(model_dir):
    model = joblib.load(os.path.join(model_dir, "model.joblib"))
    print("import and load took", time.time() - began, flush=True)
    return model

if __name__ == "__main__":
    from sklearn.datasets import load_digits
    digits = load_digits()
    model = RandomForestClassifier(n_estimators=100, random_state=1).fit(digits.data, digits.target)
    joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
"""

with Ground() as ground:
    code = ground.put("code/forest.tar.gz", archive(**{"script.py": SCRIPT}))
    job, _, _ = ground.train(code)
    model = f"s3://{BUCKET}/output/{job}/output/model.tar.gz"
    program = {"SAGEMAKER_PROGRAM": "script.py", "SAGEMAKER_SUBMIT_DIRECTORY": code}
    whole, beyond, echo = [], [], []
    for run in range(RUNS + 1):
        wait_for_calm()
        name, began, ended = ground.deploy(SKLEARN, model, program)
        own = ground.told(f"/aws/sagemaker/Endpoints/{name}", "one/", "import and load took ")
        ground.delete_endpoint(name)
        echo_name, echo_began, echo_ended = ground.deploy_echo()
        ground.delete_endpoint(echo_name)
        if run > 0:  # the first one of each makes what is missing
            whole.append((ended - began) * 1000)
            beyond.append((ended - began - own) * 1000)
            echo.append((echo_ended - echo_began) * 1000)

figure("endpoint", "CreateEndpoint to InService, random forest on scikit-learn 0.23", whole, "ms")
figure("endpoint", "the same, beyond the script's own imports and loading", beyond, "ms", at_most=500)
figure("endpoint", "CreateEndpoint to InService, a worker that has nothing to load", echo, "ms")
