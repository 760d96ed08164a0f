// SPDX-License-Identifier: GPL-2.0
/*
 * A driver for a virtio keyboard that leaves its queue to the device while the
 * system sleeps. Linux' own drivers give their queues back before, so none of
 * them shows whether a queue's interrupt wakes the system up: the test "wake"
 * loads this one. It is in the way of nobody, as no modalias loads it.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_input.h>

/* A key that is pressed and let go takes four events. */
#define VQWAKE_EVENTS	16

static void vqwake_event(struct virtqueue *vq)
{
	struct virtio_input_event *event;
	unsigned int len;

	while ((event = virtqueue_get_buf(vq, &len)))
		dev_info(&vq->vdev->dev, "event type %u code %u value %u\n",
			 le16_to_cpu(event->type), le16_to_cpu(event->code),
			 le32_to_cpu(event->value));
}

static int vqwake_probe(struct virtio_device *vdev)
{
	struct virtio_input_event *events;
	struct scatterlist sg;
	struct virtqueue *vq;
	int i, ret = 0;

	events = devm_kcalloc(&vdev->dev, VQWAKE_EVENTS, sizeof(*events), GFP_KERNEL);
	if (!events)
		return -ENOMEM;

	vq = virtio_find_single_vq(vdev, vqwake_event, "events");
	if (IS_ERR(vq))
		return PTR_ERR(vq);

	for (i = 0; i < VQWAKE_EVENTS && !ret; i++) {
		sg_init_one(&sg, &events[i], sizeof(events[i]));
		ret = virtqueue_add_inbuf(vq, &sg, 1, &events[i], GFP_KERNEL);
	}
	if (ret) {
		vdev->config->del_vqs(vdev);
		return ret;
	}

	virtio_device_ready(vdev);
	virtqueue_kick(vq);

	return 0;
}

static void vqwake_remove(struct virtio_device *vdev)
{
	virtio_reset_device(vdev);
	vdev->config->del_vqs(vdev);
}

static const struct virtio_device_id vqwake_ids[] = {
	{ VIRTIO_ID_INPUT, VIRTIO_DEV_ANY_ID },
	{ }
};

static struct virtio_driver vqwake_driver = {
	.driver.name	= "vqwake",
	.id_table	= vqwake_ids,
	.probe		= vqwake_probe,
	.remove		= vqwake_remove,
};
module_virtio_driver(vqwake_driver);

MODULE_DESCRIPTION("Wake-up by the queue of a virtio device");
MODULE_AUTHOR("The paravirq authors");
MODULE_LICENSE("GPL");
