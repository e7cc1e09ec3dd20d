"""How long a training job takes around its script."""

from figures import figure, wait_for_calm
from ground import Ground, archive

RUNS = 11

FIRST_LINE = b"""import time; print("first line at", repr(time.time()), flush=True)
import subprocess, sys
starts = []
for _ in range(7):
    began = time.time()
    starts.append(float(subprocess.check_output([sys.executable, "-c", "import time; print(repr(time.time()))"])) - began)
print("interpreter starts in", sorted(starts)[3], flush=True)
"""

with Ground() as ground:
    told = ground.put("code/told.tar.gz", archive(**{"script.py": FIRST_LINE}))
    empty = ground.put("code/empty.tar.gz", archive(**{"script.py": b"pass\n"}))
    ground.train(empty)  # makes the environment, where it is not there yet
    first_lines, interpreters = [], []
    for _ in range(RUNS):
        wait_for_calm()
        name, began, _ = ground.train(told)
        group = "/aws/sagemaker/TrainingJobs"
        first_lines.append((ground.told(group, name + "/", "first line at ") - began) * 1000)
        interpreters.append(ground.told(group, name + "/", "interpreter starts in ") * 1000)
    whole = []
    for _ in range(RUNS):
        wait_for_calm()
        _, began, ended = ground.train(empty)
        whole.append((ended - began) * 1000)

figure("job_start", "CreateTrainingJob to the script's first line", first_lines, "ms")
figure("job_start", "the interpreter's own start", interpreters, "ms", note="measured in the same sandbox")
figure("job_start", "CreateTrainingJob to the first line, beyond the interpreter's start", [a - b for a, b in zip(first_lines, interpreters)],
       "ms", at_most=150)
figure("job_start", "Create to Completed, an empty script", whole, "ms", at_most=700, note="as one boto3 client sees it")
