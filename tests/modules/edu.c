// SPDX-License-Identifier: GPL-2.0
/*
 * The driver of QEMU's "edu" PCI device: a DMA engine that copies between memory and an
 * on-chip buffer. A transfer takes 100 ms; the driver waits for it.
 *
 * QEMU stops the whole machine if a transfer does not fit into the on-chip buffer. A
 * transfer that ends exactly at the buffer's end counts as too long.
 */
#include <linux/dma-mapping.h>
#include <linux/idr.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "importer.h"

#define EDU_PCI_VENDOR		0x1234
#define EDU_PCI_DEVICE		0x11e8
#define EDU_ID			0x00
#define EDU_ID_VALUE		0x010000ed
#define EDU_DMA_SRC		0x80
#define EDU_DMA_DST		0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_CMD		0x98
#define EDU_DMA_START		BIT(0)
#define EDU_DMA_TO_MEMORY	BIT(1)
/* The engine's address of its on-chip buffer. */
#define EDU_SRAM		0x40000

#define EDU_POLL_US		1000
#define EDU_TIMEOUT_US		(5 * USEC_PER_SEC)

static unsigned int edu_bits = 28;
module_param(edu_bits, uint, 0444);
MODULE_PARM_DESC(edu_bits, "address bits of the DMA engines");

struct edu {
	struct importer imp;
	void __iomem *regs;
	/* Held for each transfer. Protects @regs, the on-chip buffer and @removed. */
	struct mutex lock;
	bool removed;
	int number;
};

static DEFINE_IDA(edu_numbers);

static int edu_transfer(struct edu *edu, const struct cmm_import_dma *xfer)
{
	u64 sram = EDU_SRAM + xfer->sram;
	u64 src = xfer->to_memory ? sram : xfer->addr;
	u64 dst = xfer->to_memory ? xfer->addr : sram;
	u64 cmd = EDU_DMA_START | (xfer->to_memory ? EDU_DMA_TO_MEMORY : 0);

	lockdep_assert_held(&edu->lock);

	writeq(src, edu->regs + EDU_DMA_SRC);
	writeq(dst, edu->regs + EDU_DMA_DST);
	writeq(xfer->len, edu->regs + EDU_DMA_COUNT);
	writeq(cmd, edu->regs + EDU_DMA_CMD);
	return readq_poll_timeout(edu->regs + EDU_DMA_CMD, cmd,
				  !(cmd & EDU_DMA_START), EDU_POLL_US,
				  EDU_TIMEOUT_US);
}

static int edu_dma(struct importer *imp, const struct cmm_import_dma *xfer)
{
	struct edu *edu = container_of(imp, struct edu, imp);
	u64 mask = dma_get_mask(imp->dev);
	int ret;

	if (!xfer->len || xfer->len > CMM_EDU_CHUNK)
		return -EINVAL;
	if (xfer->sram >= CMM_EDU_SRAM - xfer->len)
		return -EINVAL;
	if (xfer->addr > mask - (xfer->len - 1))
		return -EINVAL;

	ret = mutex_lock_interruptible(&edu->lock);
	if (ret)
		return ret;
	ret = edu->removed ? -ENODEV : edu_transfer(edu, xfer);
	mutex_unlock(&edu->lock);
	return ret;
}

static void edu_free(struct importer *imp)
{
	kfree(container_of(imp, struct edu, imp));
}

static int edu_enable(struct edu *edu, struct pci_dev *pdev)
{
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	ret = pcim_iomap_regions(pdev, BIT(0), "cmm_edu");
	if (ret)
		return ret;
	edu->regs = pcim_iomap_table(pdev)[0];
	if (readl(edu->regs + EDU_ID) != EDU_ID_VALUE)
		return -ENODEV;

	/*
	 * The default of 28 bits, QEMU's own, reaches memory only through an IOMMU. On
	 * a board without an IOMMU the engine has 32 bits.
	 */
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(edu_bits));
	if (ret)
		ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
	if (ret)
		return ret;
	pci_set_master(pdev);
	return 0;
}

static int edu_start(struct edu *edu, struct pci_dev *pdev)
{
	char name[20];
	int ret;

	ret = edu_enable(edu, pdev);
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "cannot be enabled\n");
	edu->number = ida_alloc(&edu_numbers, GFP_KERNEL);
	if (edu->number < 0)
		return edu->number;
	snprintf(name, sizeof(name), "cmm_edu%d", edu->number);
	ret = importer_register(&edu->imp, &pdev->dev, name);
	if (ret)
		ida_free(&edu_numbers, edu->number);
	return ret;
}

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu *edu;
	int ret;

	edu = kzalloc(sizeof(*edu), GFP_KERNEL);
	if (!edu)
		return -ENOMEM;
	mutex_init(&edu->lock);
	edu->imp.dma = edu_dma;
	edu->imp.free = edu_free;
	pci_set_drvdata(pdev, edu);
	ret = edu_start(edu, pdev);
	if (ret)
		kfree(edu);
	return ret;
}

static void edu_remove(struct pci_dev *pdev)
{
	struct edu *edu = pci_get_drvdata(pdev);

	mutex_lock(&edu->lock);
	edu->removed = true;
	mutex_unlock(&edu->lock);
	ida_free(&edu_numbers, edu->number);
	pci_clear_master(pdev);
	importer_unregister(&edu->imp);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(EDU_PCI_VENDOR, EDU_PCI_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = "cmm_edu",
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
};

int edu_register(void)
{
	return pci_register_driver(&edu_driver);
}

void edu_unregister(void)
{
	pci_unregister_driver(&edu_driver);
}
