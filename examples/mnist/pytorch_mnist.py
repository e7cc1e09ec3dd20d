"""A convolutional network for MNIST in script mode, for PyTorch 1.1.0 up to today's: the training script of
examples/experiments.ipynb, of tests and of benchmarks.

Trains on the channel `training` (MNIST's IDX files in MNIST/raw), on one host, on several by a
process group of its own (--backend gloo), or as torchrun starts it; prints what metric definitions match; saves model.pth; serves it."""

import argparse
import json
import os
import shutil
import tempfile

import torch
import torch.distributed as dist
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
import torch.utils.data
from torchvision import datasets, transforms


class Net(nn.Module):
    def __init__(self, hidden_channels, kernel_size, drop_out):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, hidden_channels, kernel_size=kernel_size)
        self.conv2 = nn.Conv2d(hidden_channels, 20, kernel_size=kernel_size)
        self.conv2_drop = nn.Dropout2d(p=drop_out)
        side = ((28 - kernel_size + 1) // 2 - kernel_size + 1) // 2
        self.features = 20 * side * side
        self.fc1 = nn.Linear(self.features, 50)
        self.fc2 = nn.Linear(50, 10)
        self.drop_out = drop_out

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2_drop(self.conv2(x)), 2))
        x = F.relu(self.fc1(x.view(-1, self.features)))
        x = F.dropout(x, p=self.drop_out, training=self.training)
        return F.log_softmax(self.fc2(x), dim=1)


def mnist(folder, train):
    """torchvision of before 0.10 reads files of its own, which it made out of those that it downloaded."""
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    try:
        return datasets.MNIST(folder, train=train, transform=transform)
    except RuntimeError:
        from torchvision.datasets.mnist import read_image_file, read_label_file

        made = tempfile.mkdtemp()
        raw, processed = os.path.join(folder, "MNIST", "raw"), os.path.join(made, "MNIST", "processed")
        os.makedirs(processed)
        for name, prefix in (("training.pt", "train"), ("test.pt", "t10k")):
            images = read_image_file(os.path.join(raw, prefix + "-images-idx3-ubyte"))
            labels = read_label_file(os.path.join(raw, prefix + "-labels-idx1-ubyte"))
            torch.save((images, labels), os.path.join(processed, name))
        found = datasets.MNIST(made, train=train, transform=transform)
        shutil.rmtree(made)
        return found


def join(args):
    """The number of processes that train together, and this one's place among them."""
    if "LOCAL_RANK" in os.environ:  # torchrun's
        dist.init_process_group(args.backend or "gloo")
        return dist.get_world_size(), dist.get_rank()
    if len(args.hosts) > 1 and args.backend:
        rank = args.hosts.index(args.current_host)
        dist.init_process_group(backend=args.backend, rank=rank, world_size=len(args.hosts))
        return len(args.hosts), rank
    return 1, 0


def average_gradients(model, size):
    for parameter in model.parameters():
        dist.all_reduce(parameter.grad.data)
        parameter.grad.data /= size


def train(args):
    torch.manual_seed(args.seed)
    size, rank = join(args)
    print("process %d of %d on %s, PyTorch %s, %d threads" % (rank, size, args.current_host, torch.__version__, torch.get_num_threads()), flush=True)
    data = mnist(args.data_dir, True)
    sampler = torch.utils.data.distributed.DistributedSampler(data) if size > 1 else None
    loader = torch.utils.data.DataLoader(data, batch_size=args.batch_size, shuffle=sampler is None, sampler=sampler)
    test_loader = torch.utils.data.DataLoader(mnist(args.data_dir, False), batch_size=args.test_batch_size)
    model = Net(args.hidden_channels, args.kernel_size, args.dropout)
    if args.optimizer == "sgd":
        optimizer = optim.SGD(model.parameters(), lr=args.lr, momentum=args.momentum)
    else:
        optimizer = optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(1, args.epochs + 1):
        model.train()
        for batch, (images, labels) in enumerate(loader, 1):
            optimizer.zero_grad()
            loss = F.nll_loss(model(images), labels)
            loss.backward()
            if size > 1:
                average_gradients(model, size)
            optimizer.step()
            if batch % args.log_interval == 0:
                share = 100.0 * batch / len(loader)
                print("Train Epoch: %d [%d (%.0f%%)], Train Loss: %.6f;" % (epoch, batch * len(images), share, loss.item()), flush=True)
        if rank == 0:
            test(model, test_loader)
    if rank == 0:
        save(model, args)
    if size > 1:
        digest = sum(float(p.data.double().sum()) for p in model.parameters())
        print("weights of process %d: %.9f" % (rank, digest), flush=True)
        # A barrier on a tensor that outlives the group: one that gloo's thread frees needs the interpreter, which PyTorch 2.6 holds
        # while destroy_process_group() joins that thread.
        together = torch.zeros(1)
        dist.all_reduce(together)
        dist.destroy_process_group()


def test(model, loader):
    model.eval()
    loss, right, total = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in loader:
            output = model(images)
            loss += F.nll_loss(output, labels, reduction="sum").item()
            right += int((output.argmax(1) == labels).sum())
            total += len(labels)
    print("Test Average loss: %.4f, Test Accuracy: %.2f%%;" % (loss / total, 100.0 * right / total), flush=True)


def save(model, args):
    with open(os.path.join(args.model_dir, "shape.json"), "w") as file:
        json.dump([args.hidden_channels, args.kernel_size, args.dropout], file)
    torch.save(model.cpu().state_dict(), os.path.join(args.model_dir, "model.pth"))


def model_fn(model_dir):
    with open(os.path.join(model_dir, "shape.json")) as file:
        model = Net(*json.load(file))
    with open(os.path.join(model_dir, "model.pth"), "rb") as file:
        model.load_state_dict(torch.load(file))
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--test-batch-size", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--optimizer", type=str, default="sgd")
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--kernel_size", type=int, default=5)
    parser.add_argument("--momentum", type=float, default=0.5)
    parser.add_argument("--hidden_channels", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log-interval", type=int, default=50)
    parser.add_argument("--backend", type=str, default=None)
    parser.add_argument("--hosts", type=json.loads, default=json.loads(os.environ.get("SM_HOSTS", '["algo-1"]')))
    parser.add_argument("--current-host", type=str, default=os.environ.get("SM_CURRENT_HOST", "algo-1"))
    parser.add_argument("--model-dir", type=str, default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--data-dir", type=str, default=os.environ.get("SM_CHANNEL_TRAINING"))
    train(parser.parse_args())
